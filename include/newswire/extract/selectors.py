"""An outlet's own selectors, for the odd page that the general rules misread. CSS, as soupsieve understands it."""

from __future__ import annotations

import warnings

from bs4 import BeautifulSoup
from soupsieve import SelectorSyntaxError

from newswire.errors import ExtractError
from newswire.extract.lines import of_markup
from newswire.outlets import Outlet


def select_texts(html: str, outlet: Outlet) -> dict[str, tuple[str, ...]]:
    """The visible lines under each of the outlet's selectors, by key. A selector that finds nothing is left out.

    Costs a second parse, so only for outlets that have selectors. Raises ExtractError `bad_selector`.
    """
    if not outlet.selectors:
        return {}
    with warnings.catch_warnings():
        # bs4 warns of markup that looks like a file name or XML; the page is what it is.
        warnings.simplefilter("ignore")
        soup = BeautifulSoup(html.replace("\x00", ""), "lxml")
    found: dict[str, tuple[str, ...]] = {}
    for key, selector in outlet.selectors.items():
        try:
            elements = soup.select(selector)
        except (SelectorSyntaxError, NotImplementedError):
            detail = f"outlet {outlet.id}: selectors.{key} is not a CSS selector; correct it in the outlet's file"
            raise ExtractError("bad_selector", detail) from None
        texts = tuple(line.text for element in elements for line in of_markup(str(element)))
        if texts:
            found[key] = texts
    return found
