"""Fetching: the only room that opens sockets to outlets. Guarded, paced, capped, and polite to robots.txt."""

from newswire.fetch.guard import refusal
from newswire.fetch.leads import FetchResult, fetch_leads
from newswire.fetch.network import Network
from newswire.fetch.notes import Notes
from newswire.fetch.reserved import mark_of
from newswire.fetch.source import fetch_source

__all__ = ["FetchResult", "Network", "Notes", "fetch_leads", "fetch_source", "mark_of", "refusal"]
