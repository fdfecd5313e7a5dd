"""The small mutable database: HTTP validators, leads and pages to try again, hosts' rules, translation memory.

SQLite beside the datasets by default, Postgres where several machines work. Losing it costs requests, never articles:
the datasets and the archive do not depend on it.
"""

from newswire.state.asking import Asking
from newswire.state.database import sqlite_url
from newswire.state.holding import Holding
from newswire.state.memory import ORIGINS, Memory, Tried
from newswire.state.sharing import Sharing, Standing

__all__ = ["ORIGINS", "Standing", "State", "Tried", "sqlite_url"]


class State(Asking, Holding, Memory, Sharing):
    """A handle on the database; tables are made on first use."""
