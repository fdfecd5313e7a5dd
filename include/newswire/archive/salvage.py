"""What killed runs left unfinished is brought to an end: cut after its last whole record, and put under its name."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from newswire.archive.opened import is_at, rename
from newswire.archive.pieces import read_pieces
from newswire.archive.staging import UNFINISHED, folder_of
from newswire.store import Store


def salvage(store: Store, outlet_id: str) -> Iterator[str]:
    """End the files that killed runs left open, after their last whole record; the new names.

    A file that a living run still writes is locked, and left alone; so is one whose name another file has taken. For a
    bucket: what lies on this machine, and what a run that failed has put beside its name.
    """
    if store.is_local:
        yield from _end(store, outlet_id, _rename)
        return
    yield from send_left(store, outlet_id)
    for left in store.glob(f"warc/source={outlet_id}/*{UNFINISHED}"):
        # An empty one is a claim on the name, of a run that lives or of one that was killed.
        if store.size(left) and _end_object(store, left):
            yield left.removesuffix(UNFINISHED)


def send_left(store: Store, outlet_id: str) -> Iterator[str]:
    """Put into the bucket what killed runs have left in this machine's temporary folder; the new names.

    On a local disk it lies where it belongs: nothing is done. Raises StorageError, or ArchiveError for a folder that is
    not our own.
    """
    if not store.is_local:
        yield from _end(store, outlet_id, lambda path, name: _send(store, path, name))


def _end(store: Store, outlet_id: str, settle: Callable[[Path, str], bool]) -> Iterator[str]:
    folder = f"warc/source={outlet_id}"
    for path in sorted(folder_of(store, folder).glob(f"*{UNFINISHED}")):
        name = f"{folder}/{path.name.removesuffix(UNFINISHED)}"
        # Somebody else may salvage at the same time.
        with suppress(FileNotFoundError):
            if _finish(path, name, settle):
                yield name


def _finish(path: Path, name: str, settle: Callable[[Path, str], bool]) -> bool:
    with path.open("rb+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if not is_at(path, stream):
            return False
        end = _whole_until(path)
        if not end:
            path.unlink()
            return False
        stream.truncate(end)
        os.fsync(stream.fileno())
        return settle(path, name)


def _rename(path: Path, _name: str) -> bool:
    try:
        rename(path, path.with_name(path.name.removesuffix(UNFINISHED)))
    except FileExistsError:
        return False
    return True


def _send(store: Store, path: Path, name: str) -> bool:
    """False also for a file that was sent before its writer was killed: nothing of it is missing."""
    there, size = store.size(name), path.stat().st_size
    if there not in (0, size):
        return False
    if not there:
        store.add(path, name)
    store.remove(name + UNFINISHED)
    path.unlink()
    return not there


def _end_object(store: Store, left: str) -> bool:
    """The same for an unfinished file in the bucket; one that holds no whole record is removed."""
    with TemporaryDirectory(prefix="newswire-") as folder:
        path = Path(folder) / "part"
        with store.open(left) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
        end = _whole_until(path)
        os.truncate(path, end)
        if end:
            return _send(store, path, left.removesuffix(UNFINISHED))
    store.remove(left)
    return False


def _whole_until(path: Path) -> int:
    """Where the last whole record ends: at the first fault, or at the end of the file."""
    with path.open("rb") as stream:
        fault = next((piece.offset for piece in read_pieces(stream) if piece.fault), None)
    return path.stat().st_size if fault is None else fault
