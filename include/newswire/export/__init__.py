"""Rows for other programs: CSV that a spreadsheet may open, JSON Lines, and ninjs 3 items; written as they are read."""

from newswire.export.articles import FORMATS, export
from newswire.export.destination import writing_bytes, writing_text
from newswire.export.lines import write_csv, write_jsonl

__all__ = ["FORMATS", "export", "write_csv", "write_jsonl", "writing_bytes", "writing_text"]
