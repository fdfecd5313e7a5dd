"""What lanes agree on through the state database, SQLite and Postgres: tries, budgets, and a person's memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newswire.cli import main
from newswire.digests import text_key
from newswire.state import State, Tried

AT = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)


def test_tries_are_kept_by_text_and_languages(state: State) -> None:
    state.keep_tries("de", "en", [("Krieg", Tried(1, "numbers", AT)), ("Frieden", Tried(1, "empty", AT))])
    state.keep_tries("de", "en", [("Krieg ", Tried(2, "length", AT))])
    assert state.tried("de", "en", ["Krieg", "Hafen"]) == {text_key("Krieg"): Tried(2, "length", AT)}
    assert state.tried("de", "fr", ["Krieg"]) == {}


def test_lanes_that_spend_at_the_same_time_do_not_overspend(state_url: str) -> None:
    State(state_url)

    def lane(_: int) -> int:
        own = State(state_url)
        return sum(own.spend("2026-11-20", 7, 1_000) for _ in range(25))

    with ThreadPoolExecutor(8) as pool:
        granted = sum(pool.map(lane, range(8)))
    assert granted == 1_000 // 7
    assert not State(state_url).spend("2026-11-20", 7, 1_000)
    assert State(state_url).spend("2026-11-21", 7, 1_000)


def test_the_memory_command_speaks_to_the_configured_state(
    state_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEWSWIRE_STATE", state_url)
    monkeypatch.setenv("NEWSWIRE_STORAGE", str(tmp_path / "data"))
    row = {"source_lang": "de", "target_lang": "en", "source_text": "Krieg", "text": "War", "origin": "person"}
    State(state_url).remember([row])
    assert main(["memory", "export", str(tmp_path / "a.tmx")]) == 0
    assert "1 translations exported" in capsys.readouterr().out
    assert main(["memory", "import", str(tmp_path / "a.tmx")]) == 0
    assert {one.origin for one in State(state_url).memories()} == {"person", "import"}
    assert not (tmp_path / "data" / "state").exists()
