"""Servers on the loopback interface that speak the protocols of five services, with the faults that such services have.

A `mode` selects a fault. What is good is `translated(line, target)`: a pseudo-translation that keeps digits, names and
markers, and that whoever asks can foresee.
"""

from __future__ import annotations

import html
import json
import re
import socket
import struct
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from translate.loopback import Handler, Loopback

KEY = "canary-7d2e-do-not-print"
QUOTA = "MYMEMORY WARNING: YOU USED ALL AVAILABLE FREE TRANSLATIONS FOR TODAY. NEXT AVAILABLE IN 10 HOURS"
CONSENT = (
    "<html><head><title>Before you continue</title></head><body><form action='/save'>Accept all</form></body></html>"
)
WORDS = {"Der": "The", "Hafen": "harbour", "bleibt": "stays", "geschlossen": "closed", "Le": "The", "port": "harbour",
         "reste": "stays", "fermé": "closed", "am": "on", "Montag": "Monday", "Sturm": "storm", "Nummer": "number",
         "meldet": "reports", "Tag": "day", "und": "and"}  # fmt: skip


def translated(line: str) -> str:
    return " ".join(WORDS.get(word, word) for word in line.split(" "))


def _english(text: str) -> str:
    """English of about the text's length, with its numbers and markers: what a good engine's answer looks like."""
    kept = " ".join(re.findall(r"\[\d+\]|\d+(?:[.,:]\d+)*", text))
    filler = "This is the English of it and it goes on for as long as the text does, word after word, to the end "
    room = max(0, len(text) - len(kept) - 1)
    return f"{(filler * (room // len(filler) + 1))[:room]} {kept}".strip()


class Wire(Loopback):
    """One server. `asked` are the texts of each request, `requests` its path, headers, body; `pause` is in seconds."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.mode = "good"
        self.pause = 0.0
        self.asked: list[list[str]] = []
        self.requests: list[dict[str, Any]] = []
        super().__init__(_PROTOCOLS[kind])


class _Protocol(Handler):
    """What the services share. Each says how it is asked (`texts`), who may ask (`admits`) and how it answers."""

    @property
    def wire(self) -> Wire:
        owner: Wire = self.server.owner  # type: ignore[attr-defined]
        return owner

    def texts(self) -> list[str]:
        raise NotImplementedError

    def admits(self) -> bool:
        return True

    def say(self, lines: list[str]) -> None:
        raise NotImplementedError

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        url = urlsplit(self.path)
        self.path_only = url.path
        self.query = {name: values[0] for name, values in parse_qs(url.query).items()}
        wire = self.wire
        wire.requests.append({"path": self.path, "headers": dict(self.headers.items()), "body": self.body})
        wire.connections.add(self.client_address)
        try:
            texts = self.texts()
        except (KeyError, ValueError, AssertionError):
            self.send(400, b'{"error": "malformed request"}')
            return
        wire.asked.append(texts)
        wire.stop.wait(wire.pause)
        if not self.admits():
            self.send(403, b"{}")
        elif fault := getattr(self, f"_{wire.mode}", None):
            fault()
        else:
            self.say(_LINES[wire.mode](texts))

    def _429(self) -> None:
        self.send(429, b'{"message": "Too many requests"}', Retry_After="1200")

    def _403(self) -> None:
        self.send(403, json.dumps({"message": f"not for {KEY}"}).encode())

    def _500(self) -> None:
        self.send(500, b"Error 500 (Server Error)!!1", "text/html")

    def _redirect(self) -> None:
        self.send(302, b"", Location=f"{self.wire.url}/consent")

    def _consent(self) -> None:
        self.send(200, CONSENT.encode(), "text/html")

    def _hang(self) -> None:
        self.wire.stop.wait(30)
        self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        while not self.wire.stop.wait(0.05):
            try:
                self.wfile.write(b" ")
            except OSError:
                break
        self.close_connection = True


# Modes that answer in the right form, but not what was asked.
_LINES: dict[str, Callable[[list[str]], list[str]]] = {
    "good": lambda texts: [translated(text) for text in texts],
    "same": lambda texts: list(texts),
    "half": lambda texts: [translated(text) for text in texts[: max(1, (len(texts) + 1) // 2)]],
    "merged": lambda texts: [" ".join(translated(text) for text in texts)],
    "quota": lambda texts: [QUOTA for _ in texts],
    "unmarked": lambda texts: [re.sub(r"\[\d+\] ?", "", translated(text)) for text in texts],
    "renamed": lambda texts: [re.sub(r"\[\d+\] ?", "", translated(text)).replace("Müller", "Miller") for text in texts],
    "unquoted": lambda texts: [re.sub("[„“]", "", translated(text)) for text in texts],
    "wrong_number": lambda texts: [re.sub(r"\d", lambda d: str((int(d[0]) + 1) % 10), translated(t)) for t in texts],
    "english": lambda texts: [_english(text) for text in texts],
    "empty": lambda texts: ["" for _ in texts],
    # Of these, only what is said of a storm is bad: its neighbours must not suffer.
    "nul": lambda texts: [translated(text).replace("storm", "st\0rm") for text in texts],
    "surrogate": lambda texts: [translated(text).replace("storm", "st\ud800rm") for text in texts],
    "noncharacter": lambda texts: [translated(text).replace("storm", "st\uffffrm") for text in texts],
    "endless": lambda texts: [_english(text + " " * 200) if "Sturm" in text else translated(text) for text in texts],
}


class _Libre(_Protocol):
    """LibreTranslate 1.6: POST /translate, form fields q, source, target, format, api_key."""

    def texts(self) -> list[str]:
        assert (self.command, self.path) == ("POST", "/translate")
        self.form = {name: values[0] for name, values in parse_qs(self.body, strict_parsing=True).items()}
        assert (self.form["target"], self.form["format"]) == ("en", "text")
        return self.form["q"].split("\n")

    def admits(self) -> bool:
        return self.form.get("api_key") == KEY

    def say(self, lines: list[str]) -> None:
        self.send(200, json.dumps({"translatedText": "\n".join(lines)}, ensure_ascii=False).encode())


class _DeepL(_Protocol):
    """DeepL API v2: POST /v2/translate, JSON, at most 50 texts, the key in the header only."""

    def texts(self) -> list[str]:
        assert (self.command, self.path) == ("POST", "/v2/translate")
        assert self.headers["Content-Type"] == "application/json"
        asked = json.loads(self.body)
        assert asked["source_lang"] in ("DE", "FR")
        assert asked["target_lang"] == "EN-GB"
        assert 1 <= len(asked["text"]) <= 50
        return list(asked["text"])

    def admits(self) -> bool:
        return self.headers["Authorization"] == f"DeepL-Auth-Key {KEY}"

    def say(self, lines: list[str]) -> None:
        told = [{"detected_source_language": "DE", "text": line} for line in lines]
        self.send(200, json.dumps({"translations": told}).encode())


class _Google(_Protocol):
    """Google's page for phones: GET /m?sl=&tl=&q=, HTML with the text in a <div>."""

    def texts(self) -> list[str]:
        assert (self.command, self.path_only, self.query["tl"]) == ("GET", "/m", "en")
        assert len(self.path) < 8_000
        return self.query["q"].split("\n")

    def say(self, lines: list[str]) -> None:
        said = html.escape("\n".join(lines))
        page = f'<!DOCTYPE html><html><body><form></form><div class="result-container">{said}</div></body></html>'
        self.send(200, page.encode(), "text/html; charset=UTF-8")


class _MyMemory(_Protocol):
    """MyMemory: GET /get?q=&langpair=de-DE|en-GB, at most 500 bytes; troubles come as text, signs as HTML entities."""

    def texts(self) -> list[str]:
        assert (self.command, self.path_only) == ("GET", "/get")
        assert re.fullmatch(r"(de-DE|fr-FR)\|en-GB", self.query["langpair"])
        assert len(self.query["q"].encode()) <= 500
        return self.query["q"].split("\n")

    def say(self, lines: list[str]) -> None:
        told = {
            "responseData": {"translatedText": html.escape("\n".join(lines)), "match": 0.85},
            "responseStatus": 200,
            "matches": [],
        }
        self.send(200, json.dumps(told).encode())


class _Microsoft(_Protocol):
    """Microsoft Translator v3: POST /translate?api-version=3.0&from=&to=, JSON list, the key in a header."""

    def texts(self) -> list[str]:
        assert (self.command, self.path_only, self.query["api-version"]) == ("POST", "/translate", "3.0")
        assert self.query["to"] == "en"
        return [one["Text"] for one in json.loads(self.body)]

    def admits(self) -> bool:
        return self.headers["Ocp-Apim-Subscription-Key"] == KEY

    def say(self, lines: list[str]) -> None:
        self.send(200, json.dumps([{"translations": [{"text": line, "to": "en"}]} for line in lines]).encode())


_PROTOCOLS: dict[str, type[_Protocol]] = {
    "libretranslate": _Libre, "deepl": _DeepL, "google": _Google, "mymemory": _MyMemory, "microsoft": _Microsoft,
}  # fmt: skip
KINDS = tuple(_PROTOCOLS)
