"""UTF-8 that was once read as Windows-1252 and saved so (`Ã¼`, `â€™`): found with care, repaired text by text.

Most pages never had the fault, and a page about the fault quotes it. So a page is repaired only when its longer texts
show it more often than they show sound accents, and a text only when the repair leaves nothing of the fault in it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

# `Ã`, `Â`, `â€`, `â‚` in UTF-8: a page without them is left alone. Searched in bytes (0.06 ms a page), for in text it
# costs eight times that.
_SIGNS = re.compile(rb"\xc3(?:[\x82\x83]|\xa2\xe2\x82\xac|\xa2\xe2\x80\x9a)")
_TEXT = re.compile(r"[^<>\"\r\n]+")
# Longer ones are scripts; so many faulty ones are an attack.
_LONGEST_TEXT = 20_000
_MOST_TEXTS = 5000
_FAULT = re.compile(
    r"Ã[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ \xa0]|Â[\x80-\xbf\xa0]|â€[\x80-\xbf€œž™˜\x9d“”¦¢ \xa0\ufffd]?|Å“|â‚¬"
)
# A text as long as a sentence; menus and buttons come from the template, which may be sound where the articles are not.
_SENTENCE = 60
# A fault must be this often as many as sound texts.
_OUTWEIGHS = 2


def repair(text: str, payload: bytes) -> tuple[str, int]:
    """The page without mojibake, and how many of its texts (between tags, or an attribute) were repaired.

    `payload` are the bytes that the text was decoded from.
    """
    if not _SIGNS.search(payload) or not _FAULT.search(text):
        return text, 0
    found = [one for one in _TEXT.findall(text) if not one.isascii() and len(one) <= _LONGEST_TEXT]
    suspects = [one for one in dict.fromkeys(found) if _FAULT.search(one)][:_MOST_TEXTS]
    fixed = {one: better for one in suspects if (better := _fixed(one)) is not None}
    if not fixed or not _outweighs(found, fixed):
        return text, 0
    count = 0

    def put(match: re.Match[str]) -> str:
        nonlocal count
        better = fixed.get(match[0])
        count += better is not None
        return match[0] if better is None else better

    return _TEXT.sub(put, text), count


def _outweighs(found: list[str], fixed: dict[str, str]) -> bool:
    """True when the faulty texts are clearly more than the sound ones, among the long ones where there are any."""
    long = [one for one in found if len(one) >= _SENTENCE]
    judged = long if any(one in fixed for one in long) else found
    faulty = sum(one in fixed for one in judged)
    return faulty >= _OUTWEIGHS * (len(judged) - faulty)


def _fixed(text: str) -> str | None:
    """The text repaired as a whole, or None when that does not come out sound."""
    from ftfy import fix_encoding
    from ftfy.badness import is_bad

    better = fix_encoding(text, _config())
    return better if better != text and not is_bad(better) and not _FAULT.search(better) else None


@cache
def _config() -> TextFixerConfig:
    from ftfy import TextFixerConfig

    # Only whole texts: a sound `ü` beside a quoted `Ã¼` shows that the text means it.
    return TextFixerConfig(decode_inconsistent_utf8=False, unescape_html=False)
