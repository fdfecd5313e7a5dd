"""Keys and places of all rows and records, in a temporary database on disk: what an audit compares.

Comparing everything with everything takes joins of many millions of rows. DuckDB makes them within a fixed memory and
puts the rest into its file, so an audit of ten years needs as much memory as one of a month.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from newswire.schemas import DATASETS, Dataset

# Enough for DuckDB's buffers and two threads; a million articles were audited with it, see benchmarks/README.md.
MEMORY = "256MB"
_BATCH = 4096
_COMMIT = 100_000
COLUMNS: dict[str, tuple[str, ...]] = {
    "articles": ("article_id", "revision", "uri", "warc_file", "warc_offset"),
    "revisions": ("article_id", "revision", "warc_file", "warc_offset"),
    "translations": ("article_id", "field", "position", "target_lang"),
    "rejects": ("reject_id", "digest", "warc_file", "warc_offset"),
    "ledger": ("run_id", "source_id", "canonical_url", "disposition"),
    "runs": (
        "run_id", "source_id", "discovered", "published", "revised", "unchanged", "not_modified", "duplicate",
        "skipped", "rejected", "failed", "reconciled",
    ),
    "links": ("article_id", "source_id", "cluster_id"),
    "captures": (
        "source_id", "url", "digest", "kind", "warc_file", "warc_offset", "payload_file", "payload_offset",
        "removed_at",
    ),
}  # fmt: skip
_OF_FILES = """
create table records (
  warc_file varchar, warc_offset bigint, kind varchar, url varchar, digest varchar, payload_file varchar,
  payload_offset bigint, month varchar);
create table warcs (warc_file varchar, is_going boolean);
"""


class Inventory:
    """The temporary database. `add` takes what a file holds, `ask` yields the rows of a query as dictionaries."""

    def __init__(self, folder: Path) -> None:
        self._base = duckdb.connect(str(folder / "inventory.duckdb"))
        # Nothing is fetched from anywhere: a missing extension is an error.
        for setting in (
            f"memory_limit='{MEMORY}'", "threads=2", "preserve_insertion_order=false",
            f"temp_directory='{folder / 'spill'}'", "autoinstall_known_extensions=false",
            "autoload_known_extensions=false",
        ):  # fmt: skip
            self._base.execute(f"set {setting}")
        self._base.execute(_OF_FILES)
        for dataset in DATASETS:
            empty = dataset.schema.empty_table().select(list(COLUMNS[dataset.name]))
            self._base.register("batch", empty)
            self._base.execute(f"create table {dataset.name} as select ''::varchar as file, * from batch")  # noqa: S608
        self._records: list[tuple[Any, ...]] = []
        self._uncommitted = 0

    def add(self, dataset: Dataset, file: str, table: Any) -> None:
        """Rows of a dataset's file: an Arrow table of COLUMNS."""
        self._begin(table.num_rows)
        self._base.register("batch", table)
        self._base.execute(f"insert into {dataset.name} select ?, * from batch", [file])  # noqa: S608

    def forget(self, dataset: Dataset, file: str) -> None:
        """What was added of a file counts no more: it was replaced while it was read."""
        self._begin(0)
        self._base.execute(f"delete from {dataset.name} where file = ?", [file])  # noqa: S608

    def add_warc(self, file: str, *, is_going: bool) -> None:
        self._base.execute("insert into warcs values (?, ?)", [file, is_going])

    def add_record(self, *values: Any) -> None:
        """One answer of an archive file, in the order of the table `records`."""
        self._records.append(values)
        if len(self._records) >= _BATCH:
            self.flush()

    def believe(self, file: str) -> None:
        """Of an archive file that cannot be read for now: let it hold what the index says."""
        self.flush()
        self._begin(0)
        self._base.execute("delete from records where warc_file = ?", [file])
        self._base.execute(
            "insert into records select warc_file, warc_offset, kind, url, digest, payload_file, payload_offset,"
            " split_part(split_part(file, '/', 3), '=', 2) from captures where warc_file = ?",
            [file],
        )

    def flush(self) -> None:
        if self._records:
            self._begin(len(self._records))
            columns = zip(*self._records, strict=True)
            self._base.execute(
                "insert into records select unnest(?::varchar[]), unnest(?::bigint[]), unnest(?::varchar[]), "
                "unnest(?::varchar[]), unnest(?::varchar[]), unnest(?::varchar[]), unnest(?::bigint[]), "
                "unnest(?::varchar[])",
                [list(column) for column in columns],
            )
        self._records = []

    def _begin(self, rows: int) -> None:
        """Thousands of small files are no transactions of their own: each commit waits for the disk."""
        if self._uncommitted > _COMMIT:
            self._commit()
        if not self._uncommitted:
            self._base.execute("begin transaction")
        self._uncommitted += rows + 1

    def _commit(self) -> None:
        if self._uncommitted:
            self._base.execute("commit")
        self._uncommitted = 0

    def do(self, statement: str, *values: Any, **named: Any) -> None:
        self._commit()
        self._base.execute(statement, named or list(values) or None)

    def ask(self, query: str) -> Iterator[dict[str, Any]]:
        self._commit()
        found = self._base.execute(query)
        names = [column[0] for column in found.description or ()]
        while rows := found.fetchmany(100):
            yield from (dict(zip(names, row, strict=True)) for row in rows)

    def count(self, table: str) -> int:
        self._commit()
        row = self._base.execute(f"select count(*) from {table}").fetchone()  # noqa: S608
        return int(row[0]) if row else 0

    def close(self) -> None:
        self._base.close()


@contextmanager
def open_inventory() -> Iterator[Inventory]:
    """An empty inventory on the system's temporary disk (TMPDIR), gone at the end."""
    with TemporaryDirectory(prefix="newswire-audit-") as folder:
        inventory = Inventory(Path(folder))
        try:
            yield inventory
        finally:
            inventory.close()
