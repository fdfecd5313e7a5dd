"""The archive: every answer as it came, in WARC 1.1 files (ISO 28500:2017), one per run and outlet."""

from newswire.archive.reader import read_exchange
from newswire.archive.writer import WarcWriter

__all__ = ["WarcWriter", "read_exchange"]
