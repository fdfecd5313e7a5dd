"""What all services share: deep-translator's object for a pair of languages, one per thread, on our transport."""

from __future__ import annotations

import importlib.util
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from types import ModuleType
from typing import Any, ClassVar, Protocol

from newswire import urls
from newswire.errors import SettingsError, TranslateError
from newswire.settings import TranslatorSettings
from newswire.translate.transport import Sent, Transport, Unanswered

# deep-translator insists on a key and prints it in its errors: it never gets the real one.
PLACEHOLDER = "none"


class Service(Protocol):
    """One translation service: what it takes at once, and one exchange with it."""

    name: ClassVar[str]
    # Free and unasked for: what it says serves until a better engine is there.
    best_effort: ClassVar[bool]
    most_bytes: ClassVar[int]
    most_texts: ClassVar[int]
    # Requests a minute, where the service is known to mind; None: as fast as it answers.
    per_minute: ClassVar[float | None]
    version: str
    host: str

    def weigh(self, text: str) -> int:
        """How many encoded bytes a text adds to a request."""
        ...

    def ask(self, texts: Sequence[str], source: str, target: str) -> list[str] | None:
        """The lines that one request brought, not always one per text; None where a language is unknown.

        Raises TextRefused for these texts, Unanswered for the service as a whole.
        """
        ...


class Wired:
    """A service reached through deep-translator. Usable from several threads: each gets objects of its own."""

    name: ClassVar[str]
    module: ClassVar[str]
    home: ClassVar[str] = ""
    best_effort: ClassVar[bool] = False
    most_bytes: ClassVar[int] = 5_000
    most_texts: ClassVar[int] = 1_000
    per_minute: ClassVar[float | None] = None

    def __init__(self, settings: TranslatorSettings, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Raises SettingsError when `host` is not an absolute http(s) URL without a user name."""
        self.host = (settings.host or self._home(settings)).rstrip("/")
        if not urls.is_http(self.host):
            raise SettingsError(
                f"translator host of {self.name} is not an http(s) address without user name and password; "
                "write for example http://127.0.0.1:5000"
            )
        self.version = f"deep-translator {version('deep-translator')}"
        self._settings = settings
        self._monotonic = monotonic
        # deep-translator's objects are not thread-safe (measured: one answer in five was another thread's), and
        # neither is a requests.Session.
        self._own = threading.local()

    def weigh(self, text: str) -> int:
        return len(text.encode())

    def ask(self, texts: Sequence[str], source: str, target: str) -> list[str] | None:
        translator = self._translator(source, target)
        if translator is None:
            return None
        try:
            lines = self._call(translator, texts)
        except TranslateError:
            raise
        except Exception as error:
            # The library lets through whatever a page that is no answer provokes: KeyError, JSONDecodeError, its own.
            trouble = type(error).__name__
        else:
            if isinstance(lines, list) and all(isinstance(line, str) for line in lines):
                return lines
            trouble = f"a {type(lines).__name__} for texts"
        raise Unanswered(
            f"translator at {urls.host_of(self.host)} sent no translation ({trouble}); "
            f"check that the host is a {self.name} server"
        )

    def _home(self, settings: TranslatorSettings) -> str:
        return self.home

    def _call(self, translator: Any, texts: Sequence[str]) -> Any:
        """Texts joined by line breaks: 20 to 40 times as fast as one by one. Whoever asks counts the lines."""
        answer = translator.translate("\n".join(texts))
        if not isinstance(answer, str):
            raise TypeError(type(answer).__name__)
        return answer.strip("\n").split("\n")

    def _make(self, library: ModuleType, source: str, target: str) -> Any | None:
        """The library's object for a pair of languages, or None where the service does not know one of them."""
        raise NotImplementedError

    def _dress(self, sent: Sent, key: str) -> Sent:
        return sent

    def _translator(self, source: str, target: str) -> Any | None:
        made: dict[Any, Any] = self._own.__dict__
        if "library" not in made:
            transport = Transport(self._settings, self.host, self._dress, self._monotonic)
            made["library"] = private_copy(self.module, transport)
        pair = (source, target)
        if pair not in made:
            made[pair] = self._make(made["library"], source, target)
        return made[pair]


def spelled(languages: Mapping[str, str], *wanted: str) -> list[str] | None:
    """The library's codes for primary subtags, whatever their case; None when it lacks one of them."""
    codes = {code.lower(): code for code in languages.values()}
    found = [codes.get(lang.lower()) for lang in wanted]
    return [code for code in found if code] if all(found) else None


def private_copy(name: str, transport: Transport) -> ModuleType:
    """A copy of a library module, in which the global name `requests` means our transport.

    The module that everybody else imports is not touched, so engines in other threads, with other keys and limits, do
    not meet. Measured with deep-translator 1.11.4, whose classes call `requests` through that name only.
    """
    spec = importlib.util.find_spec(name)
    assert spec is not None, f"{name} is not installed"
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    vars(module)["requests"] = transport
    return module
