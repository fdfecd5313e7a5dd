"""LibreTranslate through deep-translator, against a real server on the loopback interface."""

from __future__ import annotations

import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

import pytest
import requests

from newswire import __version__
from newswire.errors import SettingsError, TranslateError
from newswire.settings import TranslatorSettings
from newswire.translate import engine_from

CANARY = "canary-4f1c-do-not-print"
SettingsOf = Callable[..., TranslatorSettings]
FAULTS = [
    "status_500",
    "status_429",
    "status_403",
    "redirect",
    "html",
    "list",
    "other_json",
    "hang",
    "drip",
    "flood",
    "cut",
]


def test_lines_travel_in_one_request_and_come_back_in_order(libre: Any, settings_of: SettingsOf) -> None:
    libre.table = {"Krieg": "War", "Frieden": "Peace"}
    engine = engine_from(settings_of(libre.url))
    assert engine.translate(["Krieg", "Frieden"], "de", "en") == ["War", "Peace"]
    assert (engine.requests, engine.characters) == (1, len("Krieg\nFrieden"))
    assert libre.asked[0]["source"] == "de"
    assert libre.asked[0]["target"] == "en"


def test_connection_is_kept_and_we_name_ourselves(libre: Any, settings_of: SettingsOf) -> None:
    engine = engine_from(settings_of(libre.url + "/"))
    for text in ("Krieg", "Frieden", "Hafen"):
        engine.translate([text], "de", "en")
    assert len(libre.connections) == 1
    assert {headers["User-Agent"] for headers in libre.headers} == {f"Newswire/{__version__}"}
    assert {asked["_url"] for asked in libre.asked} == {"/translate"}


def test_key_travels_in_the_body_only(libre: Any, settings_of: SettingsOf) -> None:
    engine_from(settings_of(libre.url, key=CANARY)).translate(["Krieg"], "de", "en")
    engine_from(settings_of(libre.url)).translate(["Krieg"], "de", "en")
    assert [asked.get("api_key") for asked in libre.asked] == [CANARY, None]
    assert CANARY not in libre.asked[0]["_url"]


def test_long_text_fits(libre: Any, settings_of: SettingsOf) -> None:
    text = "Ä" * 20_000
    libre.table = {text: "A" * 20_000}
    assert engine_from(settings_of(libre.url)).translate([text], "de", "en") == ["A" * 20_000]


def test_merged_lines_are_asked_again_in_halves(libre: Any, settings_of: SettingsOf) -> None:
    libre.mode, libre.table = "merged", {"Krieg": "War", "Frieden": "Peace", "Hafen": "Harbour"}
    engine = engine_from(settings_of(libre.url))
    assert engine.translate(["Krieg", "Frieden", "Hafen"], "de", "en") == ["War", "Peace", "Harbour"]
    assert engine.requests == 4


def test_refused_text_spares_the_others(libre: Any, settings_of: SettingsOf) -> None:
    libre.mode, libre.table = "short_only", {"Krieg": "War"}
    engine = engine_from(settings_of(libre.url))
    assert engine.translate(
        ["Krieg", "Ein Satz, der sehr viel länger ist, als dieser Server ihn haben will"], "de", "en"
    ) == [
        "War",
        None,
    ]


def test_unknown_language_costs_no_request(libre: Any, settings_of: SettingsOf) -> None:
    engine = engine_from(settings_of(libre.url))
    assert engine.translate(["Texte"], "rm", "en") == [None]
    assert libre.asked == []


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_end_in_one_error_without_the_key(fault: str, libre: Any, settings_of: SettingsOf) -> None:
    libre.mode = fault
    engine = engine_from(settings_of(libre.url, key=CANARY))
    started = time.monotonic()
    with pytest.raises(TranslateError) as raised:
        engine.translate(["Der Hafen bleibt geschlossen", "Frieden"], "de", "en")
    assert time.monotonic() - started < 5
    # One fault may be chance, but who says that we are not welcome is not asked twice.
    assert len(libre.asked) == (1 if fault in ("status_429", "status_403") else 2)
    assert libre.asked[0]["api_key"] == CANARY
    _assert_silent(raised.value)
    assert "Hafen" not in str(raised.value)
    assert "127.0.0.1" in str(raised.value)


def test_dead_port_ends_in_an_error_without_the_key(settings_of: SettingsOf) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{taken.getsockname()[1]}"
        engine = engine_from(settings_of(host, key=CANARY))
        with pytest.raises(TranslateError, match="cannot be reached") as raised:
            engine.translate(["Krieg"], "de", "en")
    _assert_silent(raised.value)


def test_engines_with_different_keys_do_not_meet(libre: Any, settings_of: SettingsOf) -> None:
    engines = {key: engine_from(settings_of(libre.url, key=key, read_seconds=5)) for key in ("key-a", "key-b")}
    texts = {"key-a": "Krieg", "key-b": "Frieden"}

    def work(key: str) -> None:
        for _ in range(20):
            assert engines[key].translate([texts[key]], "de", "en") == [texts[key]]

    threads = [threading.Thread(target=work, args=(key,)) for key in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(asked["api_key"], asked["q"]) for asked in libre.asked} == {("key-a", "Krieg"), ("key-b", "Frieden")}
    assert len(libre.asked) == 40


def test_library_is_left_as_it_was(libre: Any, settings_of: SettingsOf) -> None:
    import deep_translator.libre

    engine_from(settings_of(libre.url)).translate(["Krieg"], "de", "en")
    assert deep_translator.libre.requests is requests
    assert sys.modules["deep_translator.libre"] is deep_translator.libre


def test_key_is_not_printed(settings_of: SettingsOf) -> None:
    settings = settings_of("http://127.0.0.1:9", key=CANARY)
    engine = engine_from(settings)
    assert CANARY not in repr(engine) + str(settings) + str(vars(engine))
    assert "deep-translator" in engine.version


def test_unknown_type_names_the_known_ones(settings_of: SettingsOf) -> None:
    with pytest.raises(SettingsError, match=r"'babelfish'.*libretranslate"):
        engine_from(settings_of("http://127.0.0.1:9", type="babelfish"))


@pytest.mark.parametrize("host", ["", "localhost", "ftp://127.0.0.1", f"http://user:{CANARY}@127.0.0.1", "http://a b"])
def test_malformed_host_is_refused_without_repeating_it(host: str, settings_of: SettingsOf) -> None:
    with pytest.raises(SettingsError, match=r"http://127\.0\.0\.1:5000") as raised:
        engine_from(settings_of(host))
    assert CANARY not in str(raised.value)


def _assert_silent(error: BaseException) -> None:
    """Neither the error, nor anything chained to it, nor the locals of its frames show the key."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert CANARY not in "".join(report.format(chain=True)) + repr(error)
    assert error.__context__ is None
    assert error.__cause__ is None
