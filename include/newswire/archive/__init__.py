"""The archive: every answer as it came, in WARC 1.1 files (ISO 28500:2017), one per run and outlet."""

from newswire.archive.audit import Finding, audit_warc, is_being_written
from newswire.archive.foreign import Reading, read_pages
from newswire.archive.listing import list_kept
from newswire.archive.reader import read_exchange
from newswire.archive.salvage import salvage, send_left
from newswire.archive.survey import Answer, survey_file
from newswire.archive.writer import WarcWriter

__all__ = [
    "Answer",
    "Finding",
    "Reading",
    "WarcWriter",
    "audit_warc",
    "is_being_written",
    "list_kept",
    "read_exchange",
    "read_pages",
    "salvage",
    "send_left",
    "survey_file",
]
