"""A new outlet: its file, and one of its pages saved with what was read from it, which a test then reads again."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from newswire import discover as discover_room
from newswire import extract as extract_room
from newswire import outlets
from newswire.errors import NewswireError, OrderError
from newswire.fetch import fetch_source
from newswire.fetch.notes import Forgetful
from newswire.outlets import Outlet
from newswire.preview import captured, extracted
from newswire.records import Capture, Extraction, Lead
from newswire.scout import scout
from newswire.world import World

# Of the first links some may be live tickers or films.
_TRIES = 4
_READ = ("headline", "published_at", "updated_at", "lang", "section", "authors", "description")
_EDGE = 80


def scaffold(
    outlet_id: str, homepage: str, world: World, *, pages: Path, allow: tuple[str, ...] = ()
) -> tuple[Path, Path | None, str | None]:
    """Write `<outlets_dir>/<id>.yaml` and `<pages>/<id>/first.html` with `first.json`.

    Returns the outlet file, the saved page or None, and why there is none. Raises OrderError when the outlet exists.
    """
    file = world.settings.outlets_dir / f"{outlet_id}.yaml"
    if file.exists():
        raise OrderError(f"{file} exists; choose another id, or edit the file")
    text = scout(homepage, world, outlet_id=outlet_id, allow=allow)
    file.write_text(text, encoding="utf-8")
    try:
        outlet = outlets.load(file)
    except NewswireError:
        file.unlink()
        raise
    page, trouble = _first_page(outlet, world, pages / outlet_id)
    return file, page, trouble


def read_again(page: Path, outlet: Outlet) -> dict[str, Any]:
    """What today's code reads from a saved page, in the form of the JSON file beside it."""
    said = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    capture = _capture(outlet, said["url"], datetime.fromisoformat(said["captured_at"]), said["content_type"])
    return {**said, **_told(extract_room.extract_page(page.read_bytes(), capture=capture, outlet=outlet))}


def _first_page(outlet: Outlet, world: World, folder: Path) -> tuple[Path | None, str | None]:
    """Save the first article that can be read; otherwise say what stood in the way."""
    notes = Forgetful()
    trouble = "no source lists an article"
    try:
        found = discover_room.discover(
            outlet,
            fetch_source=lambda url: (
                fetch_source(url, outlet, world.settings.fetch, validator=None, clock=world.clock, notes=notes).body
            ),
            today=world.clock().astimezone(outlet.zone).date(),
            limit=_TRIES,
        )
    except NewswireError as error:
        return None, str(error)
    for lead in found.leads:
        try:
            return _save(lead.url, outlet, world, folder), None
        except NewswireError as error:
            trouble = str(error)
    return None, trouble


def _save(url: str, outlet: Outlet, world: World, folder: Path) -> Path:
    capture, exchange = captured(url, outlet, world)
    plain = _capture(outlet, capture.url, capture.captured_at, capture.content_type)
    told = _told(extracted(plain, exchange, outlet))
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "first.html"
    page.write_bytes(exchange.body)
    said = {"url": plain.url, "captured_at": plain.captured_at.isoformat(), "content_type": plain.content_type, **told}
    page.with_suffix(".json").write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return page


def _told(extraction: Extraction) -> dict[str, Any]:
    """Fields by which a person recognises a well-read article, and the edges of its text."""
    read = extraction.model_dump(mode="json", include=set(_READ))
    text = "\n\n".join(extraction.body)
    return {
        **{name: read[name] for name in _READ},
        "begins": text[:_EDGE],
        "ends": text[-_EDGE:],
        "words": len(text.split()),
    }


def _capture(outlet: Outlet, url: str, at: datetime, content_type: str | None) -> Capture:
    """A capture without the words of a feed: the saved page alone must do."""
    lead = Lead(outlet_id=outlet.id, url=url, canonical_url=url, found_by="url", found_in="saved page")
    return Capture.model_validate(
        {
            "lead": lead, "url": url, "status": 200, "content_type": content_type, "captured_at": at, "digest": "",
            "size": 0, "warc": {"file": "(saved page)", "offset": 0},
        }
    )  # fmt: skip
