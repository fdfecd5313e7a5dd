"""The one socket of the translate room: what deep-translator sees as the `requests` module.

deep-translator calls `requests.get` and `requests.post` without a timeout, on a new connection each time, with the key
and the text in the query. This object takes those calls and sends them over one kept-alive session, with limits.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import requests
import urllib3

from newswire import __version__
from newswire.errors import TranslateError
from newswire.settings import TranslatorSettings
from newswire.urls import host_of

# A batch is a few thousand bytes; an answer a hundred times as long is none.
MAX_ANSWER_BYTES = 2_000_000
# The server understood and does not want this text (too long, malformed, unknown language); others may be welcome.
_TEXT_REFUSED = (400, 413, 414, 422)
# It does not want us: no or a wrong key, a quota that is used up (456 is DeepL's), too many requests.
_NOT_WELCOME = (401, 402, 403, 429, 456)
_LONGEST_PAUSE = 86_400.0


class TextRefused(TranslateError):
    """The engine answers but refuses this very text."""


class Unanswered(TranslateError):
    """The engine as a whole does not answer. `refused`: it said so, and more requests make it worse.

    `pause` is for how many seconds it asks to be left alone, 0 where it says nothing.
    """

    def __init__(self, message: str, *, refused: bool = False, pause: float = 0) -> None:
        super().__init__(message)
        self.refused = refused
        self.pause = pause


class Sent(NamedTuple):
    """One request as deep-translator composed it."""

    url: str
    params: dict[str, Any]
    headers: dict[str, str]
    form: dict[str, Any] | None = None
    json: Any = None


# Puts the key, which deep-translator never gets, where the service wants it.
Dress = Callable[[Sent, str], Sent]


class Answer:
    """As much of a requests.Response as deep-translator reads."""

    def __init__(self, status_code: int, body: bytes) -> None:
        self.status_code = status_code
        self._body = body

    @property
    def text(self) -> str:
        return self._body.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self._body)

    def close(self) -> None:
        """The body is read and the connection is back in the session already."""


class Transport:
    """Sends one request at a time. Errors name the host and the cause, never the key, the URL or the text."""

    # deep-translator catches `requests.exceptions.RequestException` by this name.
    exceptions = requests.exceptions

    def __init__(
        self,
        settings: TranslatorSettings,
        host: str,
        dress: Dress,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = requests.Session()
        # No proxy, no .netrc: nothing but the settings decides where the key goes.
        self._session.trust_env = False
        if settings.proxy:
            self._session.proxies = {"http": settings.proxy, "https": settings.proxy}
        self._session.headers["User-Agent"] = f"Newswire/{__version__}"
        self._settings = settings
        self._dress = dress
        self._limits = (settings.connect_seconds, settings.read_seconds)
        self._monotonic = monotonic
        self._host = host_of(host)

    def get(self, url: str, params: Mapping[str, Any] | None = None, **_library: Any) -> Answer:
        """Called by deep-translator in place of `requests.get`. Raises Unanswered, TextRefused."""
        return self._send("GET", Sent(url, dict(params or {}), {}))

    def post(
        self,
        url: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        **_library: Any,
    ) -> Answer:
        """Called by deep-translator in place of `requests.post`. Raises Unanswered, TextRefused."""
        return self._send("POST", Sent(url, dict(params or {}), dict(headers or {}), json=json))

    def _send(self, method: str, sent: Sent) -> Answer:
        status, body, pause, trouble = self._exchange(method, sent)
        # Raised here, outside any `except`: neither context nor locals of the frames that held the key come along.
        if trouble:
            raise Unanswered(f"translator at {self._host} {trouble}; its texts stay pending until it answers again")
        if status in _TEXT_REFUSED:
            raise TextRefused(f"translator at {self._host} refused a text (HTTP {status})")
        if not 200 <= status < 300:
            raise Unanswered(
                f"translator at {self._host} answered HTTP {status}; {_remedy(status)}",
                refused=status in _NOT_WELCOME,
                pause=pause,
            )
        return Answer(status, body)

    def _exchange(self, method: str, sent: Sent) -> tuple[int, bytes, float, str]:
        """Status, body, the pause asked for and, where there is no answer, what went wrong instead."""
        dressed = self._dress(sent, self._settings.key.get_secret_value())
        try:
            # Not redirected: a redirect would carry the key to a host that nobody named, or end at a consent page.
            with self._session.request(
                method,
                dressed.url,
                params=dressed.params,
                data=dressed.form,
                json=dressed.json,
                headers=dressed.headers,
                timeout=self._limits,
                stream=True,
                allow_redirects=False,
            ) as response:
                return response.status_code, self._read(response), _pause(response), ""
        except requests.Timeout:
            return 0, b"", 0, f"did not answer within {self._limits[1]:g} s"
        except _TooMuch as error:
            return 0, b"", 0, str(error)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return 0, b"", 0, f"cannot be reached ({type(error).__name__})"

    def _read(self, response: requests.Response) -> bytes:
        """The decoded body. The read timeout is per packet; a server that drips is stopped by the deadline here."""
        deadline = self._monotonic() + self._limits[1]
        body = b""
        while part := response.raw.read1(65_536, decode_content=True):
            body += part
            if len(body) > MAX_ANSWER_BYTES:
                raise _TooMuch(f"sent more than {MAX_ANSWER_BYTES:,} bytes")
            if self._monotonic() > deadline:
                raise _TooMuch(f"took more than {self._limits[1]:g} s to finish its answer")
        return body


class _TooMuch(Exception):
    """The answer is longer, or takes longer, than it may."""


def _pause(response: requests.Response) -> float:
    """Retry-After in seconds (RFC 9110 section 10.2.3); 0 for a date or nonsense."""
    said = response.headers.get("Retry-After", "").strip()
    return min(float(said), _LONGEST_PAUSE) if said.isascii() and said.isdigit() else 0.0


def _remedy(status: int) -> str:
    if status in (401, 403):
        return "check the key in the translator's settings"
    if status in (402, 429, 456):
        return "it asks to be used less; its texts stay pending until the next run"
    if 300 <= status < 400:
        return "it redirects, which is not followed: write its final address as the host"
    return "its texts stay pending until it answers again"
