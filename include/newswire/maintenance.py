"""What the newest maintenance found and did, kept for people who come later: the News desk shows it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from newswire.errors import PublishError
from newswire.store import Store

Part = Literal["audit", "compact", "retain"]
# A damaged disk can give a line per record: who reads more than these lines reads the log.
MOST_LINES = 500


class Told(BaseModel):
    """One part's result: when, in one sentence what was looked at or done, and a line for each finding or file."""

    model_config = ConfigDict(frozen=True)

    part: Part
    at: datetime
    summary: str
    is_well: bool = True
    count: int = 0
    lines: tuple[str, ...] = ()


def tell(store: Store, told: Told) -> None:
    """Keep it in the place of the one before."""
    cut = told.model_copy(update={"lines": told.lines[:MOST_LINES]})
    text = json.dumps(cut.model_dump(mode="json"), ensure_ascii=False, indent=1)
    store.write_bytes(_path(told.part), text.encode("utf-8", "replace"))


def last_told(store: Store, part: Part) -> Told | None:
    """The newest result, None before the first. Raises PublishError when it cannot be read."""
    path = _path(part)
    if not store.exists(path):
        return None
    try:
        return Told.model_validate_json(store.read_bytes(path))
    except (OSError, ValidationError) as error:
        raise PublishError(f"{store.url(path)}: cannot be read ({type(error).__name__}); run news_maintain") from error


def _path(part: Part) -> str:
    return f"work/maintain/{part}.json"
