"""The project's outside: what is installed, what Astro builds, what the documents promise a newcomer."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import sys
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from newswire import cli, dictionary, urls
from newswire.preview import preview
from newswire.publish.rows import story_row
from newswire.schemas import DATASETS
from newswire.settings import PROJECT, Settings
from newswire.translate import read_tmx
from newswire.world import World
from newswire_local import load_settings

FIRST_PARTY = {path.stem for folder in ("include", "plugins", "dags") for path in (PROJECT / folder).iterdir()}
# Who wants it installs it: it is imported where it is used, and its absence is an error that says how.
OPTIONAL = {"pyiceberg"}
# Modules that are part of the interface of a distribution we name, and come with it.
PART_OF = {
    "airflow": "apache-airflow",
    "fastapi": "apache-airflow",
    "jinja2": "apache-airflow",
    "pendulum": "apache-airflow",
    "starlette": "apache-airflow",
    "soupsieve": "beautifulsoup4",
    "urllib3": "requests",
    "yarl": "aiohttp",
}
LEFT_OUT = {"data", "__pycache__", "node_modules"}
HOMES_OF_IMAGES = ("/home/libretranslate/",)
# The newsroom's default port: README shows what `make run` gives on a machine where it is free.
ROW_OF_ITS_RUN = ("article_id", "source_id", "canonical_url")


def text(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def requirements(name: str) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in text(name).splitlines())
    return [Requirement(line) for line in lines if line]


def pins(name: str) -> dict[str, set[Version]]:
    """A universal lock may pin a distribution more than once, for different Pythons."""
    found: dict[str, set[Version]] = {}
    for distribution, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", text(name), re.MULTILINE):
        found.setdefault(canonicalize_name(distribution), set()).add(Version(version))
    return found


def files() -> Iterator[Path]:
    """The files of the project: nothing made here, nothing hidden but what Astro, CI and git read."""
    for folder, names, own in os.walk(PROJECT):
        names[:] = [
            n for n in names if n not in LEFT_OUT and (not n.startswith(".") or n in (".astro", ".ci", ".github"))
        ]
        yield from (Path(folder) / name for name in own)


def documents(*names: str) -> str:
    return "\n".join(text(name) for name in names)


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))


def imported() -> set[str]:
    names: set[str] = set()
    for folder in ("include", "dags", "plugins"):
        for path in (PROJECT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - FIRST_PARTY


def brought_by(distribution: str) -> set[str]:
    """All that a distribution requires, directly or not, whatever the extras and markers."""
    found: set[str] = set()
    open_names = [distribution]
    while open_names:
        name = canonicalize_name(open_names.pop())
        if name in found:
            continue
        found.add(name)
        try:
            needed = requires(name) or []
        except ModuleNotFoundError:
            continue
        open_names += [Requirement(line).name for line in needed if "extra ==" not in line]
    return found


@pytest.mark.parametrize("module", sorted(imported()))
def test_whatever_is_imported_is_required(module: str) -> None:
    file = "requirements-dev.txt" if module in OPTIONAL else "requirements.txt"
    named = {canonicalize_name(one.name) for one in requirements(file)}
    sources = {canonicalize_name(name) for name in packages_distributions()[module]}
    if sources & named:
        return
    owner = PART_OF.get(module)
    assert owner, f"add {sorted(sources)} to {file}: {module} is imported"
    assert owner in named
    assert sources & brought_by(owner), f"{owner} does not bring {module}"


@pytest.mark.parametrize(
    ("wanted", "lock"),
    [("requirements.txt", "requirements.lock"), ("requirements.txt", "requirements-dev.lock"),
     ("requirements-dev.txt", "requirements-dev.lock")],
)  # fmt: skip
def test_the_lock_pins_every_requirement(wanted: str, lock: str) -> None:
    locked = pins(lock)
    for one in requirements(wanted):
        versions = locked.get(canonicalize_name(one.name))
        assert versions, f"{one.name} is not in {lock}: make lock"
        assert all(one.specifier.contains(version, prereleases=True) for version in versions), f"{one}: make lock"


def test_tests_run_on_what_is_shipped() -> None:
    shipped, tested = pins("requirements.lock"), pins("requirements-dev.lock")
    assert len(shipped) > 100
    assert {name: tested.get(name) for name in shipped} == shipped


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_pin_has_hashes(lock: str) -> None:
    for entry in re.split(r"^(?=\S)", text(lock), flags=re.MULTILINE)[1:]:
        assert not entry[0].isalnum() or "--hash=sha256:" in entry, entry.splitlines()[0]


def test_the_image_runs_the_airflow_and_a_python_that_we_lock() -> None:
    base = re.findall(
        r"^FROM astrocrpublic\.azurecr\.io/runtime:(\d+\.\d+)-\d+-python-(3\.\d+)$", text("Dockerfile"), re.M
    )
    assert len(base) == 1
    (airflow,) = (one for one in requirements("requirements.txt") if one.name == "apache-airflow")
    assert base[0][0] == ".".join(str(next(iter(airflow.specifier)).version).split(".")[:2])
    supported = re.search(r'requires-python = "([^"]+)"', text("pyproject.toml"))
    assert supported
    assert Requirement(f"python{supported[1]}").specifier.contains(base[0][1])
    assert "/usr/local/airflow/include" in text("Dockerfile")


def test_airflow_settings_are_those_of_the_code() -> None:
    found = load_settings.read()
    read = ("include/newswire_airflow/world.py", "include/newswire/connections.py", "dags/news_ingest.py")
    source = "".join(map(text, read))
    names = [item[key] for kind, key in load_settings._NAME.items() for item in found[kind]]
    assert "newswire_translator" in names
    assert all(f'"{name}"' in source for name in names)
    assert not [item for item in found["connections"] if item.get("conn_password")], "no secret belongs in the file"


def test_the_compose_file_connects_airflow_with_its_libretranslate(monkeypatch: pytest.MonkeyPatch) -> None:
    compose = yaml.safe_load(text("docker-compose.override.yml"))
    libre = compose["services"].pop("libretranslate")
    assert set(compose["services"]) == {"scheduler", "dag-processor", "api-server", "triggerer"}
    assert re.fullmatch(r"libretranslate/libretranslate:v\d+\.\d+\.\d+", libre["image"])
    assert libre["ports"] == ["127.0.0.1:5000:5000"]
    assert {"de", "en", "fr"} <= set(libre["environment"]["LT_LOAD_ONLY"].split(","))
    assert libre["healthcheck"]["test"]
    volumes = [
        mount.partition(":")[0] for service in (libre, *compose["services"].values()) for mount in service["volumes"]
    ]
    assert set(volumes) == set(compose["volumes"])

    from newswire_airflow.world import world

    for service in compose["services"].values():
        for name, value in service["environment"].items():
            monkeypatch.setenv(name, value)
        translator = world().settings.translator
        assert translator
        assert (translator.type, translator.host) == ("libretranslate", "http://libretranslate:5000")


def test_yaml_files_parse() -> None:
    parsed = [
        path
        for path in files()
        if path.suffix in (".yaml", ".yml") and yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    assert PROJECT / ".astro" / "config.yaml" in parsed
    assert len(parsed) > 8


def test_the_image_gets_no_secret_and_no_data() -> None:
    ignored = text(".dockerignore").split()
    assert {".git", ".env", ".venv", ".airflow", "data", "airflow_settings.yaml"} <= set(ignored)
    assert not {"dags", "plugins", "include", "requirements.txt", "packages.txt", "*", "**"} & set(ignored)


def test_the_licence_is_apache_2() -> None:
    licence = text("LICENSE")
    assert "Apache License\n                           Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    assert len(licence.splitlines()) in (201, 202), "the whole text, unmodified"
    assert "CC BY 4.0" in text("NOTICE") or "Attribution 4.0" in text("NOTICE")


def test_the_data_dictionary_is_not_stale() -> None:
    assert text("docs/datasets.md") == dictionary.render(), "write it again: .venv/bin/newswire docs"


def test_the_data_dictionary_has_every_column() -> None:
    sections = re.split(r"^## ", dictionary.render(), flags=re.MULTILINE)[1:]
    assert [section.split("\n")[0] for section in sections] == [dataset.name for dataset in DATASETS]
    for dataset, section in zip(DATASETS, sections, strict=True):
        rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \| (never|yes) \| (.+) \|$", section, re.MULTILINE)
        assert [(name, null) for name, _, null, _ in rows] == [
            (column.name, "never" if column.required else "yes") for column in dataset.columns
        ]


def test_documents_name_targets_that_exist() -> None:
    named = set(
        re.findall(r"(?:^    |`)make ([a-z-]+)", documents("README.md", "CONTRIBUTING.md", "docs/astro.md"), re.M)
    )
    assert {"run", "up", "down", "test"} <= named
    assert named <= targets()


def test_readme_commands_are_accepted() -> None:
    found = re.findall(r"\.venv/bin/newswire ([^`\n]+)", text("README.md"))
    assert len(found) >= 4
    for command in found:
        assert cli._parser().parse_args(shlex.split(command, comments=True))


def test_documents_name_modules_and_files_that_exist() -> None:
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "docs/astro.md",
        "docs/datasets.md",
        "docs/questions.md",
        "benchmarks/README.md",
        "CHANGELOG.md",
    ):
        page = text(name)
        for module in re.findall(r"python -m (newswire\w*)\.(\w+)", page):
            assert (PROJECT / "include" / module[0] / f"{module[1]}.py").is_file(), module
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page):
            assert (PROJECT / name).parent.joinpath(link).exists(), f"{name} links to {link}"
        for path in re.findall(r"`((?:include|dags|tests|plugins)/[\w./-]+)`", page):
            assert (PROJECT / path).exists(), f"{name} names {path}"


def test_readme_shows_what_the_code_makes_of_the_page(tmp_path: Path) -> None:
    (shown,) = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", text("README.md"), re.DOTALL))
    settings = Settings(storage=str(tmp_path))
    World(settings).state.remember(read_tmx(PROJECT / "include" / "demo" / "memory.tmx"))
    page = PROJECT / "include" / "demo" / "site" / "de" / Path(shown["canonical_url"]).name
    row = story_row(preview(str(page), shown["source_id"], settings))
    assert len(shown) > 20
    for name, value in shown.items():
        if name not in ROW_OF_ITS_RUN:
            assert agrees(value, row[name]), f"README shows {name} as {value!r}, it is {row[name]!r}"
    assert shown["article_id"] == urls.article_id(shown["source_id"], shown["canonical_url"])


def agrees(shown: Any, real: Any) -> bool:
    """Equal, but for what an ellipsis leaves out."""
    if isinstance(real, datetime):
        return shown == real.isoformat()
    if isinstance(shown, str) and shown.endswith("…"):
        return len(shown) > 20 and str(real).startswith(shown.rstrip(" …"))
    if isinstance(shown, list) and "…" in shown:
        return shown[:-1] == real[: len(shown) - 1]
    return bool(shown == real)


def test_readme_outlet_loads(tmp_path: Path) -> None:
    from newswire.outlets import load

    (block,) = re.findall(r"```yaml\n# include/outlets/(\w+)\.yaml\n(.*?)```", text("README.md"), re.DOTALL)
    file = tmp_path / f"{block[0]}.yaml"
    file.write_text(block[1], encoding="utf-8")
    assert load(file).discover


def test_no_path_of_this_machine_is_in_the_project() -> None:
    own = {f"{folder}/" for folder in (PROJECT, Path.home()) if len(folder.parts) > 1}
    for path in files():
        content = path.read_text(encoding="utf-8", errors="replace")
        found = [place for place in own if place in content]
        found += [home for home in re.findall(r"/(?:home|Users)/[a-z][\w-]*/", content) if home not in HOMES_OF_IMAGES]
        assert not found, f"{path.relative_to(PROJECT)} holds {found}"
