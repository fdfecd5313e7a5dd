"""The tables of the state database, each declared once."""

from __future__ import annotations

import sqlalchemy as sa

META = sa.MetaData()
VALIDATORS = sa.Table(
    "validators",
    META,
    sa.Column("outlet_id", sa.String(64), primary_key=True),
    sa.Column("url_key", sa.String(64), primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("digest", sa.Text),
    sa.Column("kept_as", sa.String(64)),
    sa.Column("body", sa.LargeBinary),
)
OPEN_LEADS = sa.Table(
    "open_leads",
    META,
    sa.Column("outlet_id", sa.String(64), primary_key=True),
    sa.Column("url_key", sa.String(64), primary_key=True),
    sa.Column("lead", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text),
)
MEMORY = sa.Table(
    "memory",
    META,
    sa.Column("source_lang", sa.String(16), primary_key=True),
    sa.Column("target_lang", sa.String(16), primary_key=True),
    sa.Column("text_key", sa.String(64), primary_key=True),
    sa.Column("origin", sa.String(16), primary_key=True),
    sa.Column("source_text", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("engine", sa.Text),
    sa.Column("engine_version", sa.Text),
)
NOTES = sa.Table(
    "host_notes",
    META,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("host_key", sa.String(64), primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("until", sa.DateTime(timezone=True), nullable=False),
)
REVISITS = sa.Table(
    "revisits",
    META,
    sa.Column("outlet_id", sa.String(64), primary_key=True),
    sa.Column("url_key", sa.String(64), primary_key=True),
    sa.Column("lead", sa.Text, nullable=False),
    sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    sa.Column("next_try", sa.DateTime(timezone=True), nullable=False),
)
# Pages that were refused for a cause that may end by itself.
HELD = sa.Table(
    "held",
    META,
    sa.Column("outlet_id", sa.String(64), primary_key=True),
    sa.Column("url_key", sa.String(64), primary_key=True),
    sa.Column("capture", sa.Text, nullable=False),
    sa.Column("until", sa.DateTime(timezone=True), nullable=False),
)
TRIES = sa.Table(
    "tries",
    META,
    sa.Column("source_lang", sa.String(16), primary_key=True),
    sa.Column("target_lang", sa.String(16), primary_key=True),
    sa.Column("text_key", sa.String(64), primary_key=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("next_try", sa.DateTime(timezone=True), nullable=False),
)
SPENT = sa.Table(
    "spent",
    META,
    sa.Column("night", sa.String(10), primary_key=True),
    sa.Column("characters", sa.BigInteger, nullable=False),
)
# Whose turn a text is, while parallel lanes ask engines for it.
CLAIMS = sa.Table(
    "claims",
    META,
    sa.Column("source_lang", sa.String(16), primary_key=True),
    sa.Column("target_lang", sa.String(16), primary_key=True),
    sa.Column("text_key", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("until", sa.DateTime(timezone=True), nullable=False),
)
# How an engine was found lately: alive, dead, or being probed by `owner`.
STANDINGS = sa.Table(
    "standings",
    META,
    sa.Column("engine", sa.String(300), primary_key=True),
    sa.Column("standing", sa.String(16), nullable=False),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("trouble", sa.Text, nullable=False),
    sa.Column("until", sa.DateTime(timezone=True), nullable=False),
)
# When an engine's next request is due, in seconds since 1970.
PACES = sa.Table(
    "paces",
    META,
    sa.Column("engine", sa.String(300), primary_key=True),
    sa.Column("next_at", sa.Double, nullable=False),
)
