"""`make docs`: docs/questions.md with the output of its code, run on the bundled newsroom.

Each block of Python is followed by a block of text: what it printed. The data are those of two nights, the second with
the newsroom's second edition; times are told by a clock that stands, so the page comes out the same everywhere.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from newswire import account, pipeline
from newswire.errors import NewswireError
from newswire.lane import STEPS
from newswire.settings import PROJECT, Settings
from newswire.world import World
from newswire_local.newsroom import DEMO, EDITIONS, Newsroom

PAGE = PROJECT / "docs" / "questions.md"
OUTLETS = ["demo-de", "demo-fr"]
_BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n\n```text\n(?P<printed>.*?)^```$", re.MULTILINE | re.DOTALL)


def make_data(storage: Path) -> None:
    """The bundled newsroom read on two nights in a row, as `make run` and `make run EDITION=2` would."""
    with Newsroom(port=0) as room, _environment("NEWSWIRE_DEMO_PORT", str(room.port)):
        for edition in EDITIONS:
            room.edition = edition
            _read_newsroom(storage, datetime(2026, 11, 12 + edition, 2, tzinfo=UTC))


def refreshed(page: str, folder: Path) -> str:
    """The page with what its code prints when `folder` is the working folder, all blocks in one session."""
    names: dict[str, Any] = {"__name__": "questions"}
    return _BLOCK.sub(lambda block: _run(block, names, folder), page)


def main() -> int:
    with TemporaryDirectory() as folder:
        make_data(Path(folder) / "data")
        PAGE.write_text(refreshed(PAGE.read_text(encoding="utf-8"), Path(folder)), encoding="utf-8")
    print(f"{PAGE.relative_to(PROJECT)} written")
    return 0


def _read_newsroom(storage: Path, at: datetime) -> None:
    world = World(Settings(storage=str(storage), memory_tmx=(DEMO / "memory.tmx",)), clock=lambda: at)
    run_id = f"night-{at:%Y-%m-%d}"
    for order in pipeline.plan({"outlets": OUTLETS}, run_id, world):
        for step in STEPS:
            getattr(pipeline, step)(order, world)
    account.link(run_id, world)
    account.report(run_id, world)


def _run(block: re.Match[str], names: dict[str, Any], folder: Path) -> str:
    printed = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(printed):
        exec(compile(block["code"], PAGE.name, "exec"), names)  # noqa: S102 (our own page, as a reader runs it)
    lines = "".join(f"{line.rstrip()}\n" for line in printed.getvalue().splitlines())
    return f"```python\n{block['code']}```\n\n```text\n{lines}```"


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NewswireError as error:
        sys.exit(f"make docs: {error}")
