"""One typed settings object. Whoever starts Newswire (Airflow, the command line, a test) fills it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from newswire import __version__
from newswire.errors import SettingsError

PROJECT = Path(__file__).resolve().parents[2]
# Runs of the last days stay files of their own: somebody may still repeat a step of one.
COMPACT_AFTER_DAYS = 30


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FetchSettings(_Part):
    """Limits of one request. Sizes in bytes after decoding, times in seconds."""

    user_agent: str = f"Newswire/{__version__}"
    # Whom an outlet may write to. Without it only an outlet's own allow_addresses are asked.
    contact: str | None = Field(default_factory=lambda: read_contact(os.environ.get("NEWSWIRE_CONTACT")))
    # Ten times the largest article page seen; a body is held a few times over while it is archived.
    max_bytes: int = 10_000_000
    # Feeds and sitemaps: the sitemap protocol allows 50 MB.
    max_source_bytes: int = 50_000_000
    connect_seconds: float = 10
    read_seconds: float = 20
    total_seconds: float = 60
    max_redirects: int = 5
    # Connection faults only, each after a random pause that doubles; what a server said is never asked twice in a row.
    retries: Annotated[int, Field(ge=0, le=5)] = 2
    retry_seconds: float = 1.0
    # How many hosts of one lane are asked at the same time; each of them gets one request at a time.
    hosts_at_once: Annotated[int, Field(ge=1)] = 32
    # Where the processes of this machine agree on who asks a host; None: a folder of this user's in the system's.
    locks: Path | None = None

    @property
    def agent(self) -> str:
        """The User-Agent field: our name, and whom to ask."""
        return f"{self.user_agent} (+{self.contact})" if self.contact else self.user_agent


_CONTACT = re.compile(r"(mailto:)?[!-'*+,./0-9A-Z^_`a-z{|}~-]+@[0-9A-Za-z.-]+|https?://[!-'*-~]+")


def read_contact(text: str | None) -> str | None:
    """A mail address or the address of a page, as it stands in the User-Agent field. Raises SettingsError."""
    contact = (text or "").strip()
    if not contact:
        return None
    if len(contact) > 200 or not _CONTACT.fullmatch(contact):
        raise SettingsError(
            "newswire_contact (or NEWSWIRE_CONTACT) is neither a mail address nor an http(s) address without spaces; "
            "write for example desk@example.org"
        )
    return contact


def read_switch(name: str, text: str | None) -> bool:
    """on or off; off when nothing is said. Raises SettingsError."""
    said = (text or "off").strip().lower() or "off"
    if said not in ("on", "off"):
        raise SettingsError(f"{name} is {said[:40]!r}; write on or off")
    return said == "on"


class TranslatorSettings(_Part):
    """The engine that translates what neither the termbase nor the memory knows. None answers: texts stay pending.

    `then` are engines that stand in for it, in order. Times in seconds; sizes in encoded bytes.
    """

    type: str
    host: str = ""
    key: SecretStr = SecretStr("")
    # What single services want besides: Microsoft's region, MyMemory's mail address, DeepL's glossary.
    region: str = ""
    email: str = ""
    glossary: str = ""
    # Proxies of the environment are not used; this one is. It may hold a password.
    proxy: str | None = Field(default=None, repr=False)
    connect_seconds: float = 5
    # An engine that hangs must be given up within 15 s.
    read_seconds: float = 12
    retry_seconds: float = 1
    per_minute: Annotated[float, Field(gt=0)] | None = None
    most_bytes: Annotated[int, Field(ge=200)] | None = None
    # What one night may cost, in characters sent to engines; the newest articles come first, the rest stays pending.
    nightly_characters: Annotated[int, Field(ge=1)] | None = None
    then: tuple[TranslatorSettings, ...] = ()


class BucketSettings(_Part):
    """How to reach the S3 service that holds the storage. What is empty is left to the environment: AWS_… variables."""

    endpoint: str = ""
    region: str = ""
    key_id: SecretStr = SecretStr("")
    secret: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")


class Settings(_Part):
    """Everything a run needs to know that is not in an outlet file."""

    storage: str = Field(default_factory=lambda: os.environ.get("NEWSWIRE_STORAGE") or str(PROJECT / "data"))
    bucket: BucketSettings | None = None
    state_url: str | None = None
    outlets_dir: Path = PROJECT / "include" / "outlets"
    memory_tmx: tuple[Path, ...] = ()
    # An archive file is closed and the next one begun when it holds so many bytes.
    warc_bytes: Annotated[int, Field(ge=1)] = 1_000_000_000
    # Other languages than English that texts are translated into; they stand in the translations dataset only.
    target_langs: tuple[str, ...] = ()
    fetch: FetchSettings = Field(default_factory=FetchSettings)
    # For so many days after publication an article is asked for again, at rising intervals, to find its corrections.
    corrections_days: Annotated[float, Field(ge=0)] = 3
    translator: TranslatorSettings | None = None
    # Write the datasets into Iceberg tables, too, at the end of each run.
    iceberg: bool = Field(default_factory=lambda: read_switch("NEWSWIRE_ICEBERG", os.environ.get("NEWSWIRE_ICEBERG")))
