"""The same demands to a real engine. Off unless NEWSWIRE_LIVE_TRANSLATOR holds a connection, as JSON; it costs money.

NEWSWIRE_LIVE_TRANSLATOR='{"host": "http://127.0.0.1:5000", "extra": {"type": "libretranslate"}}'
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from newswire.connections import from_environment, translator_from
from newswire.records import Extraction
from newswire.state import State
from newswire.translate import engines_from, translate

NAME = "NEWSWIRE_LIVE_TRANSLATOR"


@pytest.fixture(autouse=True)
def only_loopback() -> None:
    """This module alone may leave the machine: whoever set the variable asked for it."""


def test_a_real_engine_translates(
    page: Callable[..., Extraction], clock: Callable[[], datetime], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWIRE_TRANSLATOR", os.environ[NAME])
    settings = translator_from(from_environment)
    pages = [page(headline=f"Im Hafen von Neuburg liegen heute {n} Schiffe vor Anker") for n in range(31, 61)]
    pages.append(page(lang="fr", headline="Le port de Neuburg reste fermé jusqu'au 14 mars"))
    state = State(f"sqlite:///{tmp_path}/state.db")
    result = translate(pages, state=state, engines=engines_from(settings), clock=clock)
    assert result.trouble is None
    told = [(article.extraction.headline, article.headline_en) for article in result.articles]
    assert sum(english is not None for _, english in told) >= 0.9 * len(told), told
    assert result.facts["engine_requests"] < len(pages)
