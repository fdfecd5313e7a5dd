"""One tree of errors. Each message says what happened, to which outlet or file, and what to do next."""

from __future__ import annotations


class NewswireError(Exception):
    """Anything Newswire refuses or cannot do."""


class OutletError(NewswireError):
    """An outlet file is wrong: names the file, the key and the remedy."""


class OrderError(NewswireError):
    """The trigger form or the command line asks for something impossible: names the field and the line."""


class SettingsError(NewswireError):
    """A setting is missing or malformed."""


class DiscoverError(NewswireError):
    """No source of an outlet answered."""


class FetchError(NewswireError):
    """One URL could not be fetched. `reason` is the code that the ledger keeps; `final` means: do not ask again."""

    def __init__(self, reason: str, detail: str, *, final: bool = False) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.final = final


class AddressRefused(FetchError):
    """The URL, or the address it resolves to, is not one that this outlet may reach."""

    def __init__(self, detail: str) -> None:
        super().__init__("address_refused", detail, final=True)


class RobotsRefused(FetchError):
    """robots.txt forbids the URL for our user agent."""

    def __init__(self, detail: str) -> None:
        super().__init__("robots", detail, final=True)


class ArchiveError(NewswireError):
    """A WARC file is missing, torn or does not hold the record asked for."""


class ExtractError(NewswireError):
    """A page could not be read. `reason` is the code that the rejects dataset keeps."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class TranslateError(NewswireError):
    """An engine did not translate. Never carries a key or a request URL."""


class StorageError(NewswireError, OSError):
    """The storage did not do what it was asked for. `unanswered`: whether it was done is not known. Tells no key."""

    def __init__(self, message: str, *, unanswered: bool = False) -> None:
        super().__init__(message)
        self.unanswered = unanswered


class Conflict(StorageError):
    """A file is not as it was seen: another writer was faster. Read again, decide again."""


class PublishError(NewswireError):
    """A dataset could not be written or read back."""


class Removed(PublishError):
    """A file was removed between listing its folder and reading it, as compaction does: ask again."""


class ReconcileError(NewswireError):
    """The ledger does not add up: leads without a disposition, or with two."""
