"""The page's web application. Each route asks for a user who may read news_ingest; nothing on the page is trusted."""

from __future__ import annotations

from pathlib import Path

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from news_desk.desk import DAG_ID, gather

HERE = Path(__file__).parent
# The page shows headlines that anybody may have written: no script runs, nothing is loaded from elsewhere.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
FILES = {"desk.css": "text/css", "icon.svg": "image/svg+xml", "icon-dark.svg": "image/svg+xml"}
LOG_IN = '<!doctype html><title>News desk</title><p>Log in to <a href="../">Airflow</a>, then open this page again.'

_may_read = Depends(requires_access_dag("GET", DagAccessEntity.RUN, DAG_ID))
_templates = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
# Without its own documentation routes: those would be open to anyone.
app = FastAPI(title="News desk", dependencies=[_may_read], docs_url=None, redoc_url=None, openapi_url=None)


@app.exception_handler(401)
def log_in_first(_request: Request, _error: Exception) -> HTMLResponse:
    """For the person who comes back to a bookmark after the session has ended."""
    return HTMLResponse(LOG_IN, status_code=401, headers=HEADERS)


@app.get("/", response_class=HTMLResponse)
def page() -> HTMLResponse:
    """The whole page. 500 when a dataset cannot be read; the page then says which, and shows the others."""
    from newswire_airflow.served import storage

    desk = gather(storage())
    html = _templates.get_template("page.html").render(desk=desk, dag_id=DAG_ID)
    return HTMLResponse(html, status_code=500 if desk.trouble else 200, headers=HEADERS)


@app.get("/{name}")
def file(name: str) -> Response:
    """The page's own style sheet and icons, and nothing else."""
    if name not in FILES:
        return Response(status_code=404, headers=HEADERS)
    return Response((HERE / name).read_bytes(), media_type=FILES[name], headers=HEADERS)
