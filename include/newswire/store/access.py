"""Where the files are, and how to reach a bucket: what an operator does not say, the environment says."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, SecretStr

from newswire.errors import SettingsError


class Access(BaseModel):
    """Of an S3 service. Keys are never printed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: str = ""
    region: str = ""
    key_id: SecretStr = SecretStr("")
    secret: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")

    def config(self) -> dict[str, str]:
        """In obstore's words; what is empty is left to the environment."""
        said = {
            "endpoint": self.endpoint,
            "region": self.region,
            "access_key_id": self.key_id.get_secret_value(),
            "secret_access_key": self.secret.get_secret_value(),
            "session_token": self.token.get_secret_value(),
        }
        return {name: value for name, value in said.items() if value}


def is_bucket(root: str) -> bool:
    """True for an address in S3, False for a local path. Raises SettingsError for any other address."""
    scheme = root.partition("://")[0] if "://" in root else "file"
    if scheme not in ("file", "local", "s3", "s3a"):
        raise SettingsError(f"storage {scheme}://…: only folders and s3://bucket/folder can hold Newswire's files")
    return scheme.startswith("s3")
