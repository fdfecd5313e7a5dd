"""Extract: what a captured page says, where each field comes from, and what was cut away. No clock, no network."""

from newswire.extract.article import EXTRACTOR_VERSION, extract_page
from newswire.extract.batch import ExtractResult, extract_captures

__all__ = ["EXTRACTOR_VERSION", "ExtractResult", "extract_captures", "extract_page"]
