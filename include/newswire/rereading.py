"""What a reprocessing is asked to do: the trigger form's parameters, checked as a whole before anything is read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from newswire.errors import OrderError
from newswire.orders import read_day, read_strings
from newswire.outlets import GENERIC
from newswire.reasons import ALL, REPLAYABLE
from newswire.store import Store

FIELDS = ("outlets", "since", "until", "files", "from_rejects")
_ENDINGS = (".warc.gz", ".warc")


class Rereading(BaseModel):
    """Which captures to read again: of these outlets, captured on these days (inclusive, the outlet's), or in `files`.

    `files` are absolute paths, or paths below `warc/` of the storage root, which are the archive's own. `from_rejects`
    are reasons: only addresses that were refused for one of them and have given no article since.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    outlets: tuple[str, ...]
    since: date | None = None
    until: date | None = None
    files: tuple[str, ...] = ()
    from_rejects: tuple[str, ...] = ()


class Scan(BaseModel):
    """One file to read from end to end: the archive's own, of `outlet_id`, or another's, for all of `outlets`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    number: int
    file: str
    outlet_id: str | None = None
    outlets: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called in Airflow's grid."""
        return self.file.rsplit("/", 1)[-1]


def read_order(
    params: Mapping[str, Any], declared: Collection[str], run_id: str, *, store: Store, project: Path
) -> Rereading:
    """Raises OrderError that names every wrong field and line: nothing is then read."""
    faults = [f"unknown parameter `{name}`; known are {', '.join(FIELDS)}" for name in params if name not in FIELDS]
    since, until = read_day(params, "since", faults), read_day(params, "until", faults)
    if since and until and since > until:
        faults.append(f"since: {since} is later than until: {until}")
    chosen = read_strings(params, "outlets", faults)
    faults += [
        f"outlets: {name!r} is not declared; declared are {', '.join(sorted(declared))}"
        for name in chosen
        if name not in declared
    ]
    lines = enumerate(read_strings(params, "files", faults), start=1)
    files = [_file(line.strip(), number, store, project, faults) for number, line in lines if line.strip()]
    reasons = _reasons(params, faults)
    if files and reasons:
        faults.append("files and from_rejects: give one of them; refused pages lie in the archive already")
    if faults:
        raise OrderError("the run was refused, nothing was read: " + "; ".join(faults))
    outlets = tuple(sorted(set(chosen))) or tuple(sorted(declared))
    taken = tuple(dict.fromkeys(files))
    return Rereading(run_id=run_id, outlets=outlets, since=since, until=until, files=taken, from_rejects=reasons)


def _reasons(params: Mapping[str, Any], faults: list[str]) -> tuple[str, ...]:
    """The reasons asked for; all of them for `all`."""
    chosen = read_strings(params, "from_rejects", faults)
    faults += [
        f"from_rejects: {reason[:40]!r} is no reason whose pages can be read again; write {ALL} or some of "
        f"{', '.join(REPLAYABLE)}"
        for reason in chosen
        if reason != ALL and reason not in REPLAYABLE
    ]
    return tuple(REPLAYABLE) if ALL in chosen else tuple(name for name in REPLAYABLE if name in chosen)


def _file(line: str, number: int, store: Store, project: Path, faults: list[str]) -> str:
    """The path in the spelling of Rereading; a fault when there is no such WARC file here."""
    shown = repr(line[:200])
    if "://" in line or not line.isprintable():
        faults.append(f"files, line {number}: {shown} is no path; copy the file to this machine's disk first")
        return line
    if not line.endswith(_ENDINGS):
        faults.append(f"files, line {number}: {shown} ends neither in .warc.gz nor in .warc")
        return line
    if line.startswith("warc/") and ".." not in line.split("/") and store.exists(line):
        return line
    path = (project / line).resolve()
    if not path.is_file():
        faults.append(f"files, line {number}: {shown}: no such file, neither in the storage root nor at {path}")
        return line
    return _own(path, store) or str(path)


def _own(path: Path, store: Store) -> str | None:
    """The same relative to the storage root, when it is one of the archive's."""
    if not store.is_local:
        return None
    root = Path(store.base).resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root / "warc") else None


def outlet_of(file: str) -> str | None:
    """The outlet of one of the archive's own files; None for another's."""
    parts = file.split("/")
    own = len(parts) == 3 and parts[0] == "warc" and parts[1].startswith("source=")
    return parts[1].removeprefix("source=") if own else None


def importable(outlets: Collection[str]) -> tuple[str, ...]:
    """The outlets that another's file may hold pages of: the generic one would take the whole web."""
    return tuple(sorted(name for name in outlets if name != GENERIC))
