"""A Postgres for tests: the server that NEWSWIRE_TEST_POSTGRES names, and in it a schema of a test's own."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa


def named_server() -> str:
    """Without a server the test is skipped; in CI it fails."""
    server = os.environ.get("NEWSWIRE_TEST_POSTGRES")
    if not server:
        if os.environ.get("CI"):
            pytest.fail("CI must name a Postgres server in NEWSWIRE_TEST_POSTGRES")
        pytest.skip("NEWSWIRE_TEST_POSTGRES names no Postgres server")
    return server


@contextmanager
def own_schema(name: str) -> Iterator[str]:
    """The URL of a new schema, which is dropped at the end."""
    server = named_server()
    schema = f"{name}_{os.getpid()}_{time.monotonic_ns()}"
    admin = sa.create_engine(server, poolclass=sa.pool.NullPool)
    with admin.begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    url = sa.engine.make_url(server).update_query_dict({"options": f"-csearch_path={schema}"})
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        with admin.begin() as connection:
            connection.execute(sa.schema.DropSchema(schema, cascade=True))
        admin.dispose()
