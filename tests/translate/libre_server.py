"""A LibreTranslate server on the loopback interface, with the faults that such servers have."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

from translate.loopback import Handler, Loopback


class LibreServer(Loopback):
    """Speaks `POST /translate` of LibreTranslate 1.6: parameters in the query or as a form, JSON back.

    `mode` selects a fault; `table` holds what it can translate, line by line. A line it does not know comes back as it
    is, as the real server does.
    """

    def __init__(self) -> None:
        self.mode = "good"
        self.table: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        super().__init__(_Handler)


class _Handler(Handler):
    @property
    def libre(self) -> LibreServer:
        owner: LibreServer = self.server.owner  # type: ignore[attr-defined]
        return owner

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        url = urlsplit(self.path)
        given = {k: v[0] for k, v in {**parse_qs(url.query), **parse_qs(body)}.items()}
        self.libre.asked.append({**given, "_url": self.path})
        self.libre.headers.append(dict(self.headers.items()))
        self.libre.connections.add(self.client_address)
        getattr(self, f"_{self.libre.mode}")(given["q"])

    def _text(self, text: str) -> None:
        self.send(200, json.dumps({"translatedText": text}).encode())

    def _good(self, q: str) -> None:
        self._text("\n".join(self.libre.table.get(line, line) for line in q.split("\n")))

    def _merged(self, q: str) -> None:
        self._text(" ".join(self.libre.table.get(line, line) for line in q.split("\n")))

    def _same(self, q: str) -> None:
        self._text(q)

    def _short_only(self, q: str) -> None:
        if len(q) > 60:
            self.send(400, b'{"error": "Invalid request: text exceeds limit"}')
        else:
            self._good(q)

    def _public(self, q: str) -> None:
        if len(q) > 2_000:
            self.send(400, b'{"error": "Invalid request: request exceeds text limit (2000)"}')
        else:
            self._good(q)

    def _notice(self, q: str) -> None:
        self._text("\n".join("Error 500 (Server Error)!!1" for _ in q.split("\n")))

    def _html(self, q: str) -> None:
        self.send(200, b"<html><h1>Gateway</h1></html>", "text/html")

    def _list(self, q: str) -> None:
        self.send(200, b'{"translatedText": ["a", "b"]}')

    def _other_json(self, q: str) -> None:
        self.send(200, b'{"message": "hello"}')

    def _surrogate(self, q: str) -> None:
        self.send(200, b'{"translatedText": "' + b"\\n".join(b"War \\ud800" for _ in q.split("\n")) + b'"}')

    def _status_500(self, q: str) -> None:
        self.send(500, b'{"error": "boom"}')

    def _status_429(self, q: str) -> None:
        self.send(429, b'{"error": "Slowdown: 80 per 1 minute"}')

    def _status_403(self, q: str) -> None:
        self.send(403, b'{"error": "Invalid API key"}')

    def _redirect(self, q: str) -> None:
        self.send(307, b"", Location=f"{self.libre.url}/elsewhere")

    def _hang(self, q: str) -> None:
        self.libre.stop.wait(20)
        self.close_connection = True

    def _drip(self, q: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        while not self.libre.stop.wait(0.05):
            try:
                self.wfile.write(b" ")
            except OSError:
                break
        self.close_connection = True

    def _flood(self, q: str) -> None:
        self.send(200, b'{"translatedText": "' + b"x" * 5_000_000 + b'"}')

    def _cut(self, q: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"transl')
        self.close_connection = True
