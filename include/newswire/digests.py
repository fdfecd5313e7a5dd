"""What names a body in records, in the archive and in its index, and a text in the translation memory."""

from __future__ import annotations

import hashlib
import unicodedata

# One page is asked for its digest by several rooms in turn; hashing 139 KB takes a tenth of a millisecond each time.
_last: tuple[bytes, bytes] = (b"", hashlib.sha256(b"").digest())


def sha256(body: bytes) -> bytes:
    """The 32 bytes; those of the body that was asked for last are remembered."""
    global _last
    known, digest = _last
    if known is not body:
        digest = hashlib.sha256(body).digest()
        _last = (body, digest)
    return digest


def named(body: bytes) -> str:
    """`sha256:<hex>`, as records spell it."""
    return f"sha256:{sha256(body).hex()}"


def text_key(text: str) -> str:
    """Texts that differ only in Unicode form or white space are one text: NFC, white space folded, hashed."""
    folded = " ".join(unicodedata.normalize("NFC", text).split())
    return hashlib.sha256(folded.encode()).hexdigest()
