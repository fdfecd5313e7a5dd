"""The translate room as every run calls it: with the world's memory, terms and engines, and what came of it counted."""

from __future__ import annotations

from collections.abc import Sequence

from newswire import translate as translate_room
from newswire.records import Extraction
from newswire.translate import TranslateResult
from newswire.world import World


def give_english(
    extractions: Sequence[Extraction], world: World, *, ask: bool = True, upgrade: bool = False, again: bool = False
) -> tuple[TranslateResult, dict[str, float]]:
    """Articles with their English, and the facts of a handoff. `ask` the engines too; the others as in `translate`."""
    translator = world.settings.translator if ask else None
    result = translate_room.translate(
        extractions,
        state=world.state,
        engines=translate_room.engines_from(translator, world.state),
        more=world.settings.target_langs,
        terms=world.terms,
        clock=world.clock,
        budget=translator.nightly_characters if translator else None,
        upgrade=upgrade,
        again=again,
    )
    statuses = [article.translation_status for article in result.articles]
    translated = sum(status in ("ok", "draft", "unchanged_ok") for status in statuses)
    return result, {**result.facts, "translated": translated, "pending": statuses.count("pending")}
