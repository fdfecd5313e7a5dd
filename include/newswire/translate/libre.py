"""LibreTranslate through deep-translator: one request per batch of lines, each line accounted for."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Sequence
from importlib.metadata import version
from types import ModuleType
from typing import Any

from newswire import urls
from newswire.errors import SettingsError, TranslateError
from newswire.settings import TranslatorSettings
from newswire.translate.transport import TextRefused, Transport

# deep-translator insists on a key and prints it in its errors: it never gets the real one.
_PLACEHOLDER = "none"


class LibreTranslate:
    """A LibreTranslate server. Calls from several threads are served one after the other."""

    name = "libretranslate"

    def __init__(self, settings: TranslatorSettings) -> None:
        """Raises SettingsError when `host` is not an absolute http(s) URL without a user name."""
        if not urls.is_http(settings.host):
            raise SettingsError(
                "translator host is not an http(s) address without user name and password; "
                "write for example http://127.0.0.1:5000"
            )
        self.version = f"deep-translator {version('deep-translator')}"
        self.requests = 0
        self.characters = 0
        self._base = settings.host.rstrip("/") + "/"
        self._library = _private_copy("deep_translator.libre", Transport(settings))
        self._translators: dict[tuple[str, str], Any] = {}
        # deep-translator's objects are not thread-safe, and neither is a requests.Session.
        self._lock = threading.Lock()

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        """Texts without line breaks, sent joined by line breaks; when the count of lines differs, one by one."""
        with self._lock:
            translator = self._translator(source, target)
            if translator is None or not texts:
                return [None] * len(texts)
            together = self._ask(translator, "\n".join(texts))
            if together is not None and len(lines := together.rstrip("\n").split("\n")) == len(texts):
                return list(lines)
            if len(texts) == 1:
                return [together]
            return [self._ask(translator, text) for text in texts]

    def _translator(self, source: str, target: str) -> Any | None:
        """deep-translator's object for a pair of languages, or None where it does not know one of them."""
        pair = (source, target)
        if pair not in self._translators:
            kind = self._library.LibreTranslator
            known = set(self._library.LIBRE_LANGUAGES_TO_CODES.values())
            self._translators[pair] = (
                kind(source=source, target=target, api_key=_PLACEHOLDER, custom_url=self._base)
                if {source, target} <= known
                else None
            )
        return self._translators[pair]

    def _ask(self, translator: Any, text: str) -> str | None:
        self.requests += 1
        self.characters += len(text)
        try:
            answer = translator.translate(text)
        except TextRefused:
            return None
        except TranslateError:
            raise
        except Exception as error:
            # The library lets through whatever a page that is no answer provokes: KeyError, JSONDecodeError, its own.
            trouble = type(error).__name__
        else:
            if isinstance(answer, str):
                return answer
            trouble = f"a {type(answer).__name__} for a text"
        raise TranslateError(
            f"translator at {urls.host_of(self._base)} sent no translation ({trouble}); "
            "check that the host is a LibreTranslate server"
        )


def _private_copy(name: str, transport: Transport) -> ModuleType:
    """A copy of a library module, in which the global name `requests` means our transport.

    The module that everybody else imports is not touched, so engines in other threads, with other keys and limits, do
    not meet. Measured with deep-translator 1.11.4, whose classes call `requests.post` through that name only.
    """
    spec = importlib.util.find_spec(name)
    assert spec is not None, f"{name} is not installed"
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    vars(module)["requests"] = transport
    return module
