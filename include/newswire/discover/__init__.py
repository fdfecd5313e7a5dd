"""Discovery: what an outlet's sources list, as leads. Opens no socket: whoever calls it brings the documents."""

from newswire.discover.leads import Discovery, discover
from newswire.discover.search import WarcPage

__all__ = ["Discovery", "WarcPage", "discover"]
