"""Who may see the page, and what its answers forbid the browser."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from newswire.settings import PROJECT
from plugins.conftest import Server

PATHS = ("/news-desk/", "/news-desk/desk.css", "/news-desk/icon.svg", "/news-desk/anything", "/news-desk/docs")


@pytest.mark.parametrize("path", PATHS)
def test_nobody_gets_in_without_a_token(server: Server, path: str) -> None:
    assert server.get(path).status == 401
    assert server.get(path, Authorization="Bearer wrong").status == 403
    assert server.get(path, Cookie="_token=wrong").status in (401, 403)


def test_a_closed_door_tells_where_to_knock_and_nothing_else(server: Server) -> None:
    body = server.get("/news-desk/").body
    assert 'href="../"' in body
    assert "demo" not in body


@pytest.mark.parametrize("how", ["header", "cookie"])
def test_the_page_opens_with_a_token(server: Server, how: str) -> None:
    who = {"header": {"Authorization": f"Bearer {server.token}"}, "cookie": {"Cookie": f"_token={server.token}"}}[how]
    answer = server.get("/news-desk/", **who)
    assert answer.status == 200
    assert answer.headers.get_content_type() == "text/html"
    assert answer.html.findtext(".//h1") == "News desk"
    for sheet in answer.html.xpath("//link/@href"):
        assert server.get(f"/news-desk/{sheet}", **who).status == 200


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_forbids_scripts_and_strangers(server: Server, path: str) -> None:
    headers = server.get(path, Authorization=f"Bearer {server.token}").headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"
    assert "script-src" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["app.py", "..%2Fnews_desk_plugin.py", "page.html", "%2e%2e/%2e%2e/airflow.cfg"])
def test_no_other_file_is_served(server: Server, name: str) -> None:
    assert server.get(f"/news-desk/{name}", Authorization=f"Bearer {server.token}").status == 404


def test_every_route_asks_for_a_reader_of_the_dag() -> None:
    """By the routes themselves: one that is added later is covered too."""
    code = (
        "from newswire_local import home; import sys; from pathlib import Path; home.enter(Path(sys.argv[1]));"
        f"sys.path.insert(0, {str(PROJECT / 'plugins')!r});"
        "from news_desk.app import app;"
        "print([r.path for r in app.routes]);"
        "print(all('requires_access_dag' in str([d.call for d in r.dependant.dependencies]) for r in app.routes))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(home_folder())], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    paths, guarded = done.stdout.splitlines()[-2:]
    assert ast.literal_eval(paths) == ["/", "/{name}"]
    assert guarded == "True"


def test_other_processes_load_the_plugin_without_the_page() -> None:
    """A worker and the DAG processor load plugins too: neither FastAPI's application nor pandas comes with it."""
    code = (
        "from newswire_local import home; import sys; from pathlib import Path; home.enter(Path(sys.argv[1]));"
        "from airflow.sdk import plugins_manager as p; found, errors = p._get_plugins();"
        "print([one.name for one in found], errors,"
        " sorted(set(sys.modules) & {'news_desk', 'news_desk.app', 'app', 'desk', '__init__', 'pandas', 'fastapi'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(home_folder())], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "['news_desk'] {} []"


def home_folder() -> Path:
    from airflow_home import AIRFLOW_HOME

    return AIRFLOW_HOME
