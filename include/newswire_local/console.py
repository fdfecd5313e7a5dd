"""A clean terminal: Newswire's lines for the person, everything that Airflow says into a log file."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def quiet_airflow(log_file: Path) -> Iterator[TextIO]:
    """Send file descriptors 1 and 2 to `log_file`; yields a stream to the terminal, to which newswire logs."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    terminal = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    with log_file.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    handler = logging.StreamHandler(terminal)
    handler.setFormatter(logging.Formatter("  %(message)s"))
    logger = logging.getLogger("newswire")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield terminal
    finally:
        logger.removeHandler(handler)
        sys.stdout.flush()
        sys.stderr.flush()
        for number, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, number)
            os.close(copy)
        terminal.close()
