"""The import direction: rooms stand alone, the library knows no Airflow, DAG files stay thin."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from newswire.settings import PROJECT

LIBRARY = PROJECT / "include" / "newswire"
ROOMS = ("discover", "fetch", "archive", "extract", "translate", "publish", "link", "report")
COMPOSERS = {
    "__main__",
    "account",
    "asking",
    "canary",
    "choose",
    "cli",
    "holding",
    "iptc",
    "linking",
    "maintain",
    "pipeline",
    "preview",
    "reprocess",
    "retranslate",
    "scaffold",
    "scan",
    "scout",
    "shelved",
    "translating",
}
HEAVY = {"pandas", "pyarrow", "trafilatura", "aiohttp", "deep_translator", "lxml", "duckdb", "sqlalchemy", "fastwarc"}
SOCKETS = {"socket", "aiohttp", "requests", "urllib3", "http"}


def imports(path: Path, *, module_level: bool = False) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if module_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found, f"{folder} is empty"
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_no_other_room_and_no_composer(room: str) -> None:
    for path in files(LIBRARY / room):
        for name in imports(path):
            parts = name.split(".")
            if parts[0] != "newswire" or len(parts) < 2:
                continue
            assert parts[1] == room or parts[1] not in {*ROOMS, *COMPOSERS}, f"{path} imports {name}"


def test_shared_modules_import_no_room() -> None:
    shared = [p for p in files(LIBRARY) if p.parent == LIBRARY and p.stem not in COMPOSERS]
    for package in ("vocabulary", "state", "read", "export"):
        shared += files(LIBRARY / package)
    for path in shared:
        for name in imports(path):
            assert name.split(".")[:1] != ["newswire"] or name.split(".")[1:2] == [] or (
                name.split(".")[1] not in {*ROOMS, *COMPOSERS}
            ), f"{path} imports {name}"  # fmt: skip


def test_the_library_imports_no_airflow() -> None:
    for path in files(LIBRARY):
        assert not [name for name in imports(path) if name.split(".")[0].startswith(("airflow", "newswire_"))], path


def test_sockets_have_two_homes() -> None:
    for path in files(LIBRARY):
        if path.relative_to(LIBRARY).parts[0] not in ("fetch", "translate"):
            assert not [name for name in imports(path) if name.split(".")[0] in SOCKETS], path


def test_parquet_is_written_in_one_room() -> None:
    for path in files(LIBRARY):
        if path.relative_to(LIBRARY).parts[0] not in ("publish", "schemas", "read", "query.py"):
            assert not [name for name in imports(path) if name.split(".")[0] == "pyarrow"], path


def test_the_reader_writes_nothing() -> None:
    writing = {"write_table", "write_dataset", "to_parquet", "ParquetWriter", "write_bytes", "replacing", "remove"}
    for path in files(LIBRARY / "read"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & writing, path


@pytest.mark.parametrize("folder", ["dags", "plugins"])
def test_nothing_heavy_is_imported_when_airflow_parses(folder: str) -> None:
    for path in files(PROJECT / folder):
        names = {name.split(".")[0] for name in imports(path, module_level=True)}
        assert not names & HEAVY, path
        assert "newswire.pipeline" not in {name.rsplit(".", 1)[0] for name in imports(path, module_level=True)}


def test_dag_files_hold_no_logic() -> None:
    for path in files(PROJECT / "dags"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        logic = (ast.If, ast.For, ast.While, ast.Try, ast.ListComp, ast.DictComp)
        assert not [node for node in ast.walk(tree) if isinstance(node, logic)], path
        docstring = ast.get_docstring(tree) or ""
        code = len(path.read_text(encoding="utf-8").splitlines()) - len(docstring.splitlines())
        assert code <= 110, f"{path} has {code} lines besides its documentation"
