"""The one socket of the translate room: what deep-translator sees as the `requests` module.

deep-translator calls `requests.post` without a timeout, on a new connection each time, with the key and the text in the
query. This object takes those calls and sends them as a form over one kept-alive session, with limits.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests
import urllib3
from pydantic import SecretStr

from newswire import __version__
from newswire.errors import TranslateError
from newswire.settings import TranslatorSettings
from newswire.urls import host_of

# A batch is below 2,000 characters; an answer a thousand times as long is none.
MAX_ANSWER_BYTES = 2_000_000
# The server understood and does not want this text (too long, malformed); others may be welcome.
_TEXT_REFUSED = (400, 413, 414, 422)


class TextRefused(TranslateError):
    """The engine answers but refuses this very text."""


class Answer:
    """As much of a requests.Response as deep-translator reads."""

    def __init__(self, status_code: int, body: bytes) -> None:
        self.status_code = status_code
        self._body = body

    def json(self) -> Any:
        return json.loads(self._body)


class Transport:
    """Sends one request at a time. Errors name the host and the cause, never the key, the URL or the text."""

    def __init__(
        self,
        settings: TranslatorSettings,
        session: requests.Session | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session or requests.Session()
        # No proxy, no .netrc: nothing but the settings decides where the key goes.
        self._session.trust_env = False
        self._session.headers["User-Agent"] = f"Newswire/{__version__}"
        self._key: SecretStr = settings.key
        self._limits = (settings.connect_seconds, settings.read_seconds)
        self._monotonic = monotonic
        self._host = host_of(settings.host)

    def post(self, url: str, params: Mapping[str, str]) -> Answer:
        """Called by deep-translator in place of `requests.post`. Raises TranslateError, TextRefused."""
        status, body, trouble = self._exchange(url, params)
        # Raised here, outside any `except`: neither context nor locals of the frames that held the key come along.
        if trouble:
            raise TranslateError(f"translator at {self._host} {trouble}; its texts stay pending until it answers again")
        if status in _TEXT_REFUSED:
            raise TextRefused(f"translator at {self._host} refused a text (HTTP {status})")
        if not 200 <= status < 300:
            raise TranslateError(f"translator at {self._host} answered HTTP {status}; {_remedy(status)}")
        return Answer(status, body)

    def _exchange(self, url: str, params: Mapping[str, str]) -> tuple[int, bytes, str]:
        """Status, body and, where there is no answer, what went wrong instead."""
        try:
            # Not redirected: a redirect would carry the key to a host that nobody named.
            with self._session.post(
                url, data=self._form(params), timeout=self._limits, stream=True, allow_redirects=False
            ) as response:
                return response.status_code, self._read(response), ""
        except requests.Timeout:
            return 0, b"", f"did not answer within {self._limits[1]:g} s"
        except _TooMuch as error:
            return 0, b"", str(error)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return 0, b"", f"cannot be reached ({type(error).__name__})"

    def _form(self, params: Mapping[str, str]) -> dict[str, str]:
        """deep-translator was given a placeholder for the key; the real one is put in here, if there is one."""
        key = self._key.get_secret_value()
        rest = {name: value for name, value in params.items() if name != "api_key"}
        return {**rest, "api_key": key} if key else rest

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


def _remedy(status: int) -> str:
    if status in (401, 403):
        return "check the key in the translator's settings"
    if status == 429:
        return "it asks to be used less; its texts stay pending until the next run"
    if 300 <= status < 400:
        return "it redirects, which is not followed: write its final address as the host"
    return "its texts stay pending until it answers again"
