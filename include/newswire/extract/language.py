"""Which language a text is in: the detector's word on the text, the page's own word where the text is too short."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from newswire.vocabulary.labels import vocabulary

# Below this many characters the detector guesses (measured on headlines cut short: 3 of 30 wrong at 12 characters).
_ENOUGH = 60
_SURE = 0.9
# Measured: the verdict on real pages is the same after 600 characters, and the detector is linear in them.
_MOST_CHARS = 600


class Verdict(NamedTuple):
    """A BCP 47 primary language, how sure the detector is (0–1, None when it was not asked), and who decided."""

    lang: str
    confidence: float | None
    basis: str


@cache
def _identifier(languages: frozenset[str]) -> LanguageIdentifier:
    # An instance of our own: the module's shared one changes for everybody when its languages are restricted.
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(sorted(languages & set(identifier.labels)))
    return identifier


def primary(tag: str | None) -> str | None:
    """`de` of `de-DE`, `DE_at` or `de`; None for anything that is no language tag."""
    match = re.match(r"^([a-zA-Z]{2,3})(?:[-_][a-zA-Z0-9]{2,8})*$", (tag or "").strip())
    return match.group(1).lower() if match else None


def detect(text: str, *, declared: str | None, outlet_language: str) -> Verdict:
    """Detect among the vocabulary's languages, the outlet's and the declared one; a short text follows the page."""
    prior = primary(declared) or primary(outlet_language)
    wanted = {*vocabulary().languages, *(lang for lang in (prior, primary(outlet_language)) if lang and lang != "und")}
    lang, confidence = _identifier(frozenset(wanted)).classify(text[:_MOST_CHARS])
    score = round(float(confidence), 3)
    if prior and prior != "und" and (len(text) < _ENOUGH or score < _SURE):
        return Verdict(prior, score if lang == prior else None, "declared")
    return Verdict(str(lang), score, "detector")
