"""What went wrong with a bucket, told so that a person can act and no key is in it.

The service's own answer may repeat the id of a key and the request it signed, and obstore's message repeats the
answer: only a status, a code and the kind of trouble are taken from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

from newswire.errors import Conflict, StorageError

T = TypeVar("T")

_STATUS = re.compile(r"status code: (\d{3}[A-Za-z -]*)")
_CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+")
_REMEDY = {
    "403": "check the keys and what they may do in the bucket",
    "404": "check the bucket's name and the endpoint",
    "401": "check the keys",
    "301": "check the region",
    "429": "the service asks for fewer requests: run again later",
    "503": "the service asks for fewer requests: run again later",
}


def ask(place: str, done: str, call: Callable[[], T]) -> T:
    """What the call returns. Raises StorageError that names the place; Conflict for a condition that failed.

    FileNotFoundError only for what is to be read: what is to be written or listed lacks its bucket.
    """
    told: OSError
    try:
        return call()
    except (AlreadyExistsError, PreconditionError):
        told = Conflict(f"{place}: another writer changed it meanwhile; run again")
    except FileNotFoundError as error:
        missing = done in ("read", "looked at")
        told = FileNotFoundError(f"{place}: no such file") if missing else _told(place, done, str(error))
    except (BaseError, ValueError, EOFError) as error:
        told = _told(place, done, str(error))
    # Outside the `except`: a traceback would print obstore's message with it.
    raise told


def _told(place: str, done: str, said: str) -> StorageError:
    status = _STATUS.search(said)
    code = _CODE.search(said)
    if status:
        what = status[1].strip() + (f", {code[1]}" if code else "")
        remedy = _REMEDY.get(status[1][:3], "run again; if it stays, look at the service")
    else:
        first = said.partition("\n")[0].split(" Debug source")[0]
        what = _ADDRESS.sub("…", first)[:200]
        remedy = "run again; if it stays, check endpoint, region and network"
    return StorageError(f"{place}: cannot be {done} ({what}); {remedy}", unanswered=status is None)
