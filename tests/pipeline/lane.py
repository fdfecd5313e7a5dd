"""A child program that runs whole ingests without Airflow and dies where it is told to, by SIGKILL.

Started once, it imports everything, then reads jobs from stdin, one JSON list per line: all jobs of a line run side by
side, each in a forked process of its own. It answers each line with the list of their exit codes (-9: killed).

A job says: `storage`, `run_id`, `first` (index into SEQUENCE to begin at, as a retried task would), `die` (`[index,
point, nth]` or null), `after` (seconds until it is killed from outside, or null), `survey` (a folder for the points
passed and for copies of the storage as each step found it, or null), `pool` (read pages in processes of their own),
`state` (the address of the state database, or null for the storage's own).

Points are the moments at which the disk changes: a file that appears, is renamed or removed (Python's own audit events,
so no code of Newswire is replaced), an SQL statement that writes, a commit, a WARC member.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newswire import account, orders, pipeline
from newswire.archive import WarcWriter
from newswire.extract import batch
from newswire.lane import STEPS
from newswire.preview import preview
from newswire.settings import PROJECT, Settings
from newswire.world import World

OUTLETS = ("demo-de", "demo-fr")
LANES = [(step, outlet) for outlet in OUTLETS for step in STEPS]
SEQUENCE: list[tuple[str, str | None]] = [("plan", None), *LANES, ("link", None), ("report", None)]
PARAMS = {"outlets": list(OUTLETS)}


def settings(storage: str, state: str | None = None) -> Settings:
    return Settings(storage=storage, state_url=state, memory_tmx=(PROJECT / "include" / "demo" / "memory.tmx",))


def act(index: int, run_id: str, world: World) -> None:
    """One step of SEQUENCE, called as its Airflow task calls it."""
    step, outlet_id = SEQUENCE[index]
    if step == "plan":
        pipeline.plan(PARAMS, run_id, world)
    elif outlet_id is None:
        getattr(account, step)(run_id, world)
    else:
        order = next(o for o in orders.plan(PARAMS, world.outlets, run_id) if o.outlet_id == outlet_id)
        getattr(pipeline, step)(order, world)


class Watch:
    """Counts the points that a run passes, notes them, and ends the process at the appointed one."""

    def __init__(self, storage: str, die: list[Any] | None) -> None:
        self.storage = storage
        self.die = tuple(die) if die else None
        self.index = 0
        self.passed: list[tuple[int, str, int]] = []
        self._counts: Counter[tuple[int, str]] = Counter()

    def reach(self, point: str) -> bool:
        """True when this is the moment to die."""
        self._counts[self.index, point] += 1
        here = (self.index, point, self._counts[self.index, point])
        self.passed.append(here)
        return here == self.die

    def listen(self) -> None:
        sys.addaudithook(self._audit)
        sa.event.listen(sa.Engine, "before_cursor_execute", self._statement)
        sa.event.listen(sa.Engine, "commit", lambda _: self.reach("commit") and die())
        append = WarcWriter._append

        def torn(writer: WarcWriter, stream: Any, content: bytes) -> None:
            if self.reach("write to the WARC file"):
                stream.write(content[: len(content) // 2])
                die()
            append(writer, stream, content)

        WarcWriter._append = torn  # type: ignore[method-assign]

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "os.rename":
            source, target = os.fspath(args[0]), os.fspath(args[1])
            if target.startswith(self.storage) and self.reach(f"rename to {_kind(target)}"):
                # Killed while still writing: what is renamed is whole by then, so tear it here.
                if source.endswith(".part"):
                    os.truncate(source, Path(source).stat().st_size // 2)
                die()
        elif (event == "os.remove" and self._ours(args[0]) and self.reach(f"remove {_kind(args[0])}")) or (
            event == "open" and _creates(args) and self._ours(args[0]) and self.reach(f"create {_kind(args[0])}")
        ):
            die()

    def _ours(self, path: object) -> bool:
        """Inside of the storage root; shutil removes by names relative to an open folder, and nothing else does so."""
        if not isinstance(path, str | os.PathLike):
            return False
        name = os.fspath(path)
        return isinstance(name, str) and (name.startswith(self.storage) or not name.startswith("/"))

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        words = statement.split()
        if words[0] in ("INSERT", "DELETE", "UPDATE") and self.reach(f"{words[0]} {words[2]}"):
            die()


def _kind(path: Any) -> str:
    """A file's name, the same for all that differ only in a hash."""
    return re.sub(r"[0-9a-f]{16}", "#", Path(path).name)


def _creates(args: tuple[Any, ...]) -> bool:
    """A part or a lock that stands empty is no state of its own: a torn part is worse."""
    return bool((args[2] or 0) & os.O_CREAT) and not str(args[0]).endswith((".part", ".lock"))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run(job: dict[str, Any]) -> None:
    watch = Watch(job["storage"], job["die"])
    if job["die"] or job["survey"]:
        watch.listen()
    if not job["pool"]:
        # The demo's pages are few and harmless; the start of a pool takes as long as all other steps together.
        batch._FEW = 1_000
    world = World(settings(job["storage"], job["state"]))
    for index in range(job["first"], len(SEQUENCE)):
        watch.index = index
        if job["survey"] and index:
            shutil.copytree(job["storage"], Path(job["survey"]) / str(index))
        act(index, job["run_id"], world)
        if watch.reach("end"):
            die()
    if job["survey"]:
        (Path(job["survey"]) / "points.json").write_text(json.dumps(watch.passed))


def fork(run: Callable[[dict[str, Any]], None], job: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        run(job)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def serve(run: Callable[[dict[str, Any]], None]) -> None:
    """Work off the jobs, each in a fork of this process as it is now."""
    for line in sys.stdin:
        jobs = json.loads(line)
        pids = [fork(run, job) for job in jobs]
        for job, pid in zip(jobs, pids, strict=True):
            if job["after"] is not None:
                time.sleep(job["after"])
                os.kill(pid, signal.SIGKILL)
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
        print(json.dumps(codes), flush=True)


if __name__ == "__main__":
    # All models are loaded before the first fork.
    preview(str(PROJECT / "include/demo/site/fr/voile-tour-des-iles.html"), "demo-fr", settings("/nonexistent"))
    serve(run)
