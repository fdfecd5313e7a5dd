"""Which roots are buckets, and how to reach them: what an operator says, and the environment for the rest."""

from __future__ import annotations

from newswire.errors import SettingsError
from newswire.settings import BucketSettings

_introduced: dict[str, BucketSettings] = {}


def introduce(root: str, access: BucketSettings) -> None:
    """Say for this process how to reach a root, so that readers which know its address alone can open it."""
    _introduced[root.rstrip("/")] = access


def config(root: str, access: BucketSettings | None) -> dict[str, str]:
    """In obstore's words; what is empty is left to the environment, which it reads itself."""
    said = access or _introduced.get(root) or BucketSettings()
    named = {
        "endpoint": said.endpoint,
        "region": said.region,
        "access_key_id": said.key_id.get_secret_value(),
        "secret_access_key": said.secret.get_secret_value(),
        "session_token": said.token.get_secret_value(),
    }
    return {name: value for name, value in named.items() if value}


def is_bucket(root: str) -> bool:
    """True for an address in S3, False for a local path. Raises SettingsError for any other address."""
    scheme = root.partition("://")[0] if "://" in root else "file"
    if scheme not in ("file", "local", "s3", "s3a"):
        raise SettingsError(f"storage {scheme}://…: only folders and s3://bucket/folder can hold Newswire's files")
    return scheme.startswith("s3")
