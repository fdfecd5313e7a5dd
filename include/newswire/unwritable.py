"""Characters that not every store and reader takes: one rule for what engines answer and for what is published."""

from __future__ import annotations

import re

# NUL ends a text for C programs and Postgres, half of a surrogate pair is no UTF-8 and stops the Parquet writer, and
# other control characters break CSV and terminals. Tabs and line ends are text.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
