"""Processes that start from nothing but what they are asked to run: the program that uses Newswire is not run again.

multiprocessing runs the main program's file in each new process. Airflow's task process is the `airflow` command with
its database address taken away: run again, it dies before it reads a page (seen with Airflow 3.3.2, LocalExecutor).
"""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any

# From Linux's sys/prctl.h.
_PR_SET_PDEATHSIG = 1


class CleanProcess(ForkServerProcess):
    """A process from the fork server whose main module is empty."""

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Any:
        with _no_main():
            return ForkServerProcess._Popen(process_obj)


class CleanContext(ForkServerContext):
    """A context to be given to a pool. Forking a process that has threads deadlocks: hence the fork server."""

    Process = CleanProcess


@contextmanager
def _no_main() -> Iterator[None]:
    """What multiprocessing tells a new process of the main program is read from sys.modules while it is launched."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def end_with_fork_server() -> None:
    """Have the kernel end this process with the one that forked it: whoever waits for it takes it for dead by then.

    Linux only. Elsewhere it ends when its pipe is closed, unless it was waiting for the lock on that.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
