"""The five services, each as little as tells it from the others."""

from __future__ import annotations

import html
from collections.abc import Sequence
from types import ModuleType
from typing import Any, ClassVar
from urllib.parse import quote_plus

from newswire.settings import TranslatorSettings
from newswire.translate.service import PLACEHOLDER, Wired, spelled
from newswire.translate.transport import Sent


class Libre(Wired):
    """LibreTranslate (API of 1.6): recommended, since it runs on one's own machine."""

    name = "libretranslate"
    module = "deep_translator.libre"

    def _make(self, library: ModuleType, source: str, target: str) -> Any | None:
        if not spelled(library.LIBRE_LANGUAGES_TO_CODES, source, target):
            return None
        return library.LibreTranslator(source=source, target=target, api_key=PLACEHOLDER, custom_url=f"{self.host}/")

    def _dress(self, sent: Sent, key: str) -> Sent:
        """As a form: the library writes the text into the query, where long ones fail and logs keep them."""
        form = {name: value for name, value in sent.params.items() if name != "api_key"}
        return sent._replace(params={}, form=form | ({"api_key": key} if key else {}))


class DeepL(Wired):
    """DeepL API v2. The library still sends the key in the query, which DeepL refuses since 2026."""

    name = "deepl"
    module = "deep_translator.deepl"
    # DeepL takes 128 KiB and 50 texts a request.
    most_bytes = 60_000
    most_texts = 50

    def _home(self, settings: TranslatorSettings) -> str:
        """Keys of the free plan end in `:fx` and are known to a host of their own."""
        free = settings.key.get_secret_value().endswith(":fx")
        return "https://api-free.deepl.com" if free else "https://api.deepl.com"

    def _make(self, library: ModuleType, source: str, target: str) -> Any | None:
        codes = spelled(library.DEEPL_LANGUAGE_TO_CODE, source, target)
        if codes is None:
            return None
        translator = library.DeeplTranslator(source=codes[0], target=codes[1], api_key=PLACEHOLDER)
        translator._base_url = f"{self.host}/v2/"
        translator.post = library.requests.post
        return translator

    def _call(self, translator: Any, texts: Sequence[str]) -> Any:
        asked: dict[str, Any] = {
            "text": list(texts),
            "source_lang": translator.source.upper(),
            # The termbase spells British English, and plain EN is no longer a target.
            "target_lang": {"EN": "EN-GB", "PT": "PT-PT"}.get(translator.target.upper(), translator.target.upper()),
            # A headline is no sentence; splitting it costs context.
            "split_sentences": "nonewlines",
        }
        if self._settings.glossary:
            asked["glossary_id"] = self._settings.glossary
        answer = translator.post(translator._base_url + "translate", json=asked).json()
        return [one["text"] for one in answer["translations"]]

    def _dress(self, sent: Sent, key: str) -> Sent:
        return sent._replace(headers={**sent.headers, "Authorization": f"DeepL-Auth-Key {key}"})


class Google(Wired):
    """Google's page for phones: no key and no promise; blocks are frequent."""

    name = "google"
    module = "deep_translator.google"
    home = "https://translate.google.com"
    best_effort = True
    # The text travels in the query, and the library takes fewer than 5,000 characters.
    most_bytes = 4_000
    per_minute = 60

    def weigh(self, text: str) -> int:
        return len(quote_plus(text))

    def _make(self, library: ModuleType, source: str, target: str) -> Any | None:
        # The library writes the parameters of a request into the object: one object per pair and thread.
        translator = library.GoogleTranslator
        languages = translator().get_supported_languages(as_dict=True)
        if not spelled(languages, source, target):
            return None
        made = translator(source=source, target=target)
        made._base_url = f"{self.host}/m"
        return made


class MyMemory(Wired):
    """MyMemory: free, a few thousand words a day; more with a mail address in `email`."""

    name = "mymemory"
    module = "deep_translator.mymemory"
    home = "https://api.mymemory.translated.net"
    best_effort = True
    # The service takes 500 bytes, the library fewer than 500 characters.
    most_bytes = 480
    per_minute = 60
    # The library knows its languages by region.
    _REGIONS: ClassVar[dict[str, str]] = {"en": "en-GB", "de": "de-DE", "fr": "fr-FR", "it": "it-IT", "es": "es-ES"}

    def _make(self, library: ModuleType, source: str, target: str) -> Any | None:
        wanted = [self._REGIONS.get(lang, lang) for lang in (source, target)]
        codes = spelled(library.MY_MEMORY_LANGUAGES_TO_CODES, *wanted)
        if codes is None:
            return None
        made = library.MyMemoryTranslator(source=codes[0], target=codes[1], email=self._settings.email or None)
        made._base_url = f"{self.host}/get"
        return made

    def _call(self, translator: Any, texts: Sequence[str]) -> Any:
        """MyMemory writes apostrophes and ampersands as HTML does, inside its JSON."""
        return [html.unescape(line) for line in super()._call(translator, texts)]


class Microsoft(Wired):
    """Microsoft Translator v3. The library would ask for its languages with each object; we do not."""

    name = "microsoft"
    module = "deep_translator.microsoft"
    home = "https://api.cognitive.microsofttranslator.com"
    # Microsoft takes 50,000 characters and 1,000 texts a request.
    most_bytes = 20_000
    most_texts = 100

    def _make(self, library: ModuleType, source: str, target: str) -> Any | None:
        known = {source: source, target: target}
        offline: Any = type("Offline", (library.MicrosoftTranslator,), {"_get_supported_languages": lambda _: known})
        made = offline(source=source, target=target, api_key=PLACEHOLDER, region=self._settings.region or None)
        made._base_url = f"{self.host}/translate"
        made.post = library.requests.post
        return made

    def _call(self, translator: Any, texts: Sequence[str]) -> Any:
        params = {"api-version": "3.0", "from": translator.source, "to": translator.target}
        asked = [{"Text": text} for text in texts]
        answer = translator.post(translator._base_url, params=params, headers=translator.headers, json=asked).json()
        return [one["translations"][0]["text"] for one in answer]

    def _dress(self, sent: Sent, key: str) -> Sent:
        return sent._replace(headers={**sent.headers, "Ocp-Apim-Subscription-Key": key})
