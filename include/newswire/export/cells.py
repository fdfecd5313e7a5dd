"""One value as JSON has it, and as a cell of a CSV file."""

from __future__ import annotations

import json
import math
import re
from base64 import b64encode
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

# What makes a spreadsheet take a text for a formula (OWASP, CSV injection), also in the wide forms of Asian scripts.
# Apostrophes before it are counted in, so that taking one away always gives the text back.
_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
# Between the items of a list; an item that holds the sign itself has it behind a backslash.
SEPARATOR = " | "
_ESCAPES = str.maketrans({"\\": "\\\\", "|": "\\|"})


def as_json(value: Any) -> Any:
    """The value in JSON's own types: instants as ISO 8601 in UTC with `Z`, bytes as base64, what is no number null."""
    if isinstance(value, str | bool | int) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, dict):
        return {str(key): as_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(one) for one in value]
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)


def as_cell(value: Any, *, raw: bool = False) -> str:
    """The value as text: null is empty, a list of texts is joined by ` | `, what is nested deeper is JSON.

    A text that a spreadsheet would run as a formula gets an apostrophe before it, unless `raw`.
    """
    plain = as_json(value)
    if plain is None:
        return ""
    if not isinstance(plain, str | list | dict):
        return str(plain).lower() if isinstance(plain, bool) else str(plain)
    text = plain if isinstance(plain, str) else _joined(plain)
    return text if raw or not _FORMULA.match(text) else f"'{text}"


def _joined(value: list[Any] | dict[str, Any]) -> str:
    if isinstance(value, list) and all(isinstance(item, str) or item is None for item in value):
        return SEPARATOR.join((item or "").translate(_ESCAPES) for item in value)
    return json.dumps(value, ensure_ascii=False)


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _number(value: Decimal) -> int | float | None:
    if not value.is_finite():
        return None
    return int(value) if value == value.to_integral_value() else float(value)
