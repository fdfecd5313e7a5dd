"""What keeps the storage in order for years: the integrity audit, compaction, and retention of raw pages."""

from newswire.maintain.audit import Audit, audit
from newswire.maintain.compact import Compaction, compact
from newswire.maintain.retain import Retention, retain

__all__ = ["Audit", "Compaction", "Retention", "audit", "compact", "retain"]
