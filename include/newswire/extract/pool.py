"""Pages read in processes of their own: a time limit and a memory limit for each, and a new process after a death.

A limit inside the process is not enough: nothing interrupts a C library that is busy, and one that crashes takes its
process with it.
"""

from __future__ import annotations

import resource
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import TimeoutError as TaskTimeout
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from newswire.errors import ExtractError, NewswireError
from newswire.extract.article import extract_page
from newswire.extract.clean_start import CleanContext, end_with_fork_server
from newswire.extract.source import MOST_CHARS
from newswire.extract.warm_start import warm
from newswire.outlets import Outlet
from newswire.records import Capture, Extraction

# How many pages wait for a free process: enough to keep it busy, few enough to hold in memory.
_WAITING = 8
# A process serves so many pages; trafilatura's caches and the allocator's grow with each.
_PAGES_PER_PROCESS = 2000
_TRIES = 2
# What multiprocessing says of a process whose fork server was killed: the page had no part in it.
_SERVER_LOST = 255
# The fork server imports trafilatura, lxml and lexbor and reads a page: 1.5 s here, more on a machine that is busy.
_START_SECONDS = 120.0
# How long a task is waited for before a look whether its pool still lives.
_LOOK_SECONDS = 1.0
# The pool ends a page in time; only where the pool itself was killed does its process see these seconds pass.
_GRACE_SECONDS = 5.0
MOST_BYTES = 4 * MOST_CHARS


class Limits(NamedTuple):
    """Seconds and bytes for one page; bytes count above what an idle process holds. `workers` read side by side."""

    seconds: float = 20.0
    memory: int = 2 * 1024**3
    workers: int = 1


class Failure(NamedTuple):
    """Why a page gave no article: a code for the rejects dataset, and words for people."""

    reason: str
    detail: str


LIMITS = Limits()
_Result = TypeVar("_Result")
End = Extraction | Failure


def read_one(body: bytes, capture: Capture, outlet: Outlet) -> End:
    """Read one page here and now. Never raises for what a page does to a library."""
    try:
        return extract_page(body, capture=capture, outlet=outlet)
    except ExtractError as error:
        return Failure(error.reason, error.detail)
    except MemoryError:
        return Failure("out_of_memory", "the page needs more memory than one page may have; it stays in the archive")
    except NewswireError as error:
        return Failure("unreadable", str(error))
    except Exception as error:
        return crash_of(error)


def _read_alone(body: bytes, capture: Capture, outlet: Outlet, seconds: float) -> End:
    """Read one page in a process that may be left alone: who would end it may be killed while it reads.

    The kernel ends the process then. No handler of Python's does: an expression that backtracks lets none run.
    """
    signal.setitimer(signal.ITIMER_REAL, seconds + _GRACE_SECONDS)
    try:
        return read_one(body, capture, outlet)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def crash_of(error: Exception) -> Failure:
    """The message of a foreign exception may quote the page at length; its type is what a developer needs."""
    name = type(error).__name__
    return Failure("crashed", f"{name} while reading the page; reprocess it after an update of Newswire")


def read_all(
    pages: Iterable[tuple[Capture, bytes | Failure]], outlet: Outlet, limits: Limits = LIMITS
) -> Iterator[End]:
    """Read pages in other processes and yield their ends in order. Bodies are taken a few at a time."""
    readers = _Readers(outlet, limits)
    waiting: deque[_Page] = deque()
    try:
        for capture, body in pages:
            waiting.append(readers.take(_Page(capture, body)))
            if len(waiting) > _WAITING * limits.workers:
                yield readers.end_of(waiting)
        while waiting:
            yield readers.end_of(waiting)
    finally:
        readers.stop()


@dataclass(slots=True)
class _Page:
    """A page on its way; `tries` counts the pools that broke while it was the next to end."""

    capture: Capture
    body: bytes | Failure
    task: ProcessFuture[End] | None = None
    tries: int = 0


class _Readers:
    """The processes that read. When all of them are lost between two pages, new ones take the waiting pages over."""

    def __init__(self, outlet: Outlet, limits: Limits) -> None:
        self.outlet, self.limits = outlet, limits
        self.pool = self._start()

    def _start(self) -> ProcessPool:
        context = CleanContext()
        context.set_forkserver_preload([__name__, "newswire.extract.preload"])
        pool = ProcessPool(
            self.limits.workers,
            max_tasks=_PAGES_PER_PROCESS,
            initializer=_begin,
            initargs=[self.limits.memory],
            context=context,
        )
        _prove(pool)
        return pool

    def take(self, page: _Page) -> _Page:
        """Schedule a page, unless it has failed already or is too large to be sent."""
        if not isinstance(page.body, Failure) and len(page.body) > MOST_BYTES:
            page.body = Failure("too_complex", f"{len(page.body)} bytes; at most {MOST_BYTES} are read")
        if not isinstance(page.body, Failure):
            given = [page.body, page.capture, self.outlet, self.limits.seconds]
            # A pool that broke refuses pages until the next in line has found out.
            with suppress(RuntimeError):
                page.task = self.pool.schedule(_read_alone, args=given, timeout=self.limits.seconds)
        return page

    def end_of(self, waiting: deque[_Page]) -> End:
        """The end of the first page that waits; it leaves the queue."""
        while True:
            try:
                end = _end_of(waiting[0], self.pool, self.limits)
            except BrokenProcessPool:
                waiting[0].tries += 1
                if waiting[0].tries >= _TRIES:
                    waiting[0].body = Failure("crashed", "the page ended its process each time it was read")
                self._replace(waiting)
            else:
                waiting.popleft()
                return end

    def _replace(self, waiting: Iterable[_Page]) -> None:
        self.stop()
        self.pool = self._start()
        for page in waiting:
            if page.task is None or not page.task.done() or _innocent(page.task.exception()):
                self.take(page)

    def stop(self) -> None:
        self.pool.stop()  # type: ignore[no-untyped-call]
        self.pool.join()


def _prove(pool: ProcessPool) -> None:
    """Raise NewswireError when no process comes up: that is this machine's fault, and no page may be refused for it."""
    try:
        _result_of(pool.schedule(_ready, timeout=_START_SECONDS), pool)
    except (BrokenProcessPool, ProcessExpired, TaskTimeout, OSError, MemoryError, RuntimeError) as error:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()
        raise NewswireError(
            f"the processes that read pages do not start ({type(error).__name__}); nothing was refused, look at this "
            "task's log for what they say, check memory and process limits, and run again"
        ) from error


def _ready() -> bool:
    return True


def _result_of(task: ProcessFuture[_Result], pool: ProcessPool) -> _Result:
    """What a task gives or raises. Raises BrokenProcessPool, too, for a task that the pool took as it broke.

    pebble tells those nothing: whoever waited for such a task would wait for ever.
    """
    while not task.done():
        is_broken = not pool.active
        with suppress(TaskTimeout):
            return task.result(_LOOK_SECONDS)
        if is_broken and not task.done():
            raise BrokenProcessPool("the pool broke as the task was scheduled")
    return task.result()


def _innocent(error: BaseException | None) -> bool:
    """True when the processes were lost, and not for what a page holds."""
    expired = isinstance(error, ProcessExpired) and error.exitcode == _SERVER_LOST
    return expired or isinstance(error, BrokenProcessPool)


def _end_of(page: _Page, pool: ProcessPool, limits: Limits) -> End:
    """Wait for one page. Raises BrokenProcessPool when no process is left to read it."""
    if isinstance(page.body, Failure):
        return page.body
    if page.task is None:
        raise BrokenProcessPool("the pool broke before the page was scheduled")
    try:
        end: End = _result_of(page.task, pool)
    except BrokenProcessPool:
        raise
    except TaskTimeout:
        return _given_up(limits)
    except ProcessExpired as death:
        if _innocent(death):
            raise BrokenProcessPool("the fork server was lost") from death
        if death.exitcode == -signal.SIGALRM:
            return _given_up(limits)
        detail = f"the page ended the process that read it (exit code {death.exitcode}); it stays in the archive"
        return Failure("crashed", detail)
    except MemoryError:
        return Failure("out_of_memory", "the page needs more memory than one page may have; it stays in the archive")
    except Exception as error:
        return crash_of(error)
    return end


def _given_up(limits: Limits) -> Failure:
    return Failure("timeout", f"the page took more than {limits.seconds:g} s to read; it stays in the archive")


def _begin(allowance: int) -> None:
    """Warm this process before its first page's time runs: it is cold where another fork server ran already."""
    end_with_fork_server()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    warm()
    _limit_memory(allowance)


def _limit_memory(allowance: int) -> None:
    """Let this process grow by that many bytes. Without /proc (macOS) only the time limit holds."""
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + allowance
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
