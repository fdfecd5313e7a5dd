from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from newswire.errors import OrderError
from newswire.fetch import refusal
from newswire.orders import plan, waiting
from newswire.outlets import Outlet

OUTLETS = {
    "blatt": Outlet(id="blatt", name="B", language="de", hosts=("blatt.example",), discover=({"feed": "https://x.y"},)),
    "gazette": Outlet(id="gazette", name="G", language="fr", hosts=("gazette.example",), discover=({"feed": "https://x.y"},)),
    "closed": Outlet(id="closed", name="C", language="fr", hosts=("c.example",), discover=({"feed": "https://x.y"},),
                     enabled=False),
    "generic": Outlet(id="generic", name="Other", language="und", hosts=("*",)),
}  # fmt: skip


def made(**params: Any) -> dict[str, tuple[str, ...]]:
    return {order.outlet_id: order.urls for order in plan(params, OUTLETS, "run-1")}


def test_nothing_chosen_is_every_enabled_outlet_with_sources() -> None:
    assert made() == {"blatt": (), "gazette": ()}


def test_a_chosen_outlet_runs_even_when_it_is_not_nightly() -> None:
    assert made(outlets=["closed"]) == {"closed": ()}


def test_urls_find_their_outlet_and_the_rest_goes_to_generic() -> None:
    lines = ["https://www.blatt.example/1", "", " https://other.example/2 ", "https://gazette.example/3"]
    assert made(urls=lines) == {
        "blatt": ("https://www.blatt.example/1",),
        "gazette": ("https://gazette.example/3",),
        "generic": ("https://other.example/2",),
    }


def test_settings_reach_every_order() -> None:
    orders = plan({"since": "2026-01-02", "until": "2026-01-02", "limit": 3, "refetch": True}, OUTLETS, "run-1")
    assert {(o.run_id, o.since, o.until, o.limit, o.refetch) for o in orders} == {
        ("run-1", date(2026, 1, 2), date(2026, 1, 2), 3, True)
    }


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"outlets": ["nobody"]}, r"outlets: 'nobody' is not declared; declared are .*blatt"),
        (
            {"urls": ["https://blatt.example/1", "ftp://x.example"]},
            r"urls, line 2: 'ftp://x.example' is not an absolute",
        ),
        ({"urls": ["javascript:alert(1)"]}, r"urls, line 1"),
        ({"urls": ["https://user:secret@blatt.example/"]}, r"urls, line 1: 'blatt.example/' is not"),
        ({"urls": ["https://blatt.example/a b"]}, r"line 1: .* holds a space"),
        ({"urls": ["https://blatt.example/a\r\nX: y"]}, r"line 1: .* holds a space or control"),
        ({"urls": ["https://[::1"]}, r"urls, line 1"),
        ({"urls": ["https://blatt.example:99999/"]}, r"urls, line 1"),
        ({"urls": [5]}, r"urls: give a list of texts"),
        ({"urls": ["https://blatt.example/1"], "outlets": ["blatt"]}, r"outlets and urls: give one of them"),
        ({"since": "yesterday"}, r"since: 'yesterday' is not a day"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, r"since: 2026-02-02 is later"),
        ({"limit": -1}, r"limit: '-1'"),
        ({"limit": True}, r"limit: 'True'"),
        ({"refetch": "yes"}, r"refetch: say true or false"),
        ({"outlet": ["blatt"]}, r"unknown parameter `outlet`; known are outlets"),
    ],
)
def test_a_wrong_form_is_refused_by_field_and_line(params: dict[str, Any], told: str) -> None:
    with pytest.raises(OrderError, match=told):
        plan(params, OUTLETS, "run-1")


def test_all_faults_are_told_at_once_and_no_password_among_them() -> None:
    with pytest.raises(OrderError) as caught:
        plan({"limit": 0.5, "urls": ["https://u:hunter2@x.example/", "gopher://y"]}, OUTLETS, "run-1")
    assert all(part in str(caught.value) for part in ("limit", "line 1", "line 2", "nothing was fetched"))
    assert "hunter2" not in str(caught.value)


def test_a_broken_outlet_set_says_what_to_do() -> None:
    with pytest.raises(OrderError, match="add a file to include/outlets"):
        plan({}, {"generic": OUTLETS["generic"]}, "run-1")


def test_an_address_that_no_outlet_may_reach_is_refused_before_anything_is_fetched() -> None:
    lines = ["https://blatt.example/1", "http://127.0.0.1/admin", "http://[::ffff:10.0.0.1]/", "http://x.example:22/"]
    with pytest.raises(OrderError) as caught:
        plan({"urls": lines}, OUTLETS, "run-1", refusal=refusal)
    told = str(caught.value)
    assert "line 1" not in told
    assert all(f"line {n}" in told for n in (2, 3, 4))
    assert "not public" in told


REMEDY = "set newswire_contact"
LOCAL = Outlet(
    id="local", name="L", language="de", hosts=("127.0.0.1:8765",), allow_addresses=("127.0.0.0/8",),
    discover=({"feed": "http://127.0.0.1:8765/feed.xml"},),
)  # fmt: skip


def test_without_a_contact_public_outlets_wait_and_local_ones_run() -> None:
    everyone = {**OUTLETS, "local": LOCAL}
    assert [order.outlet_id for order in plan({}, everyone, "run-1", no_contact=REMEDY)] == ["local"]
    assert waiting(everyone) == ["blatt", "gazette"]
    assert [order.outlet_id for order in plan({}, everyone, "run-1")] == ["blatt", "gazette", "local"]


@pytest.mark.parametrize("params", [{"outlets": ["blatt", "local"]}, {"urls": ["https://blatt.example/1"]}, {}])
def test_who_names_a_public_outlet_without_a_contact_is_told_what_to_set(params: dict[str, Any]) -> None:
    everyone = OUTLETS if not params else {**OUTLETS, "local": LOCAL}
    with pytest.raises(OrderError, match=r"blatt.*: set newswire_contact"):
        plan(params, everyone, "run-1", no_contact=REMEDY)


@pytest.mark.parametrize(
    ("change", "local"),
    [
        ({}, True),
        ({"allow_addresses": ()}, False),
        ({"hosts": ("127.0.0.1:8765", "blatt.example")}, False),
        ({"hosts": ("192.168.1.5",), "allow_addresses": ("192.168.0.0/16", "127.0.0.0/8")}, True),
        ({"hosts": ("192.168.1.5",)}, False),
        ({"hosts": ("localhost",)}, False),
        ({"hosts": ("[::1]:80",), "allow_addresses": ("::1/128", "127.0.0.0/8")}, True),
        ({"discover": ({"feed": "https://blatt.example/feed"},)}, False),
        ({"discover": ({"folder": "saved"}, {"warc": "*.warc.gz"}), "hosts": ("blatt.example",)}, True),
        ({"discover": ({"folder": "saved"}, {"feed": "https://blatt.example/f"}), "hosts": ("blatt.example",)}, False),
        ({"hosts": ("*",)}, False),
        ({"hosts": (), "discover": ()}, False),
    ],
)
def test_local_is_what_asks_no_public_server(change: dict[str, Any], local: bool) -> None:
    assert Outlet.model_validate({**LOCAL.model_dump(), **change}).is_local is local


def test_a_fault_tells_of_broken_files_too() -> None:
    with pytest.raises(OrderError, match=r"'kaputt' is not declared.*left out: kaputt.yaml: key `name` is missing"):
        plan({"outlets": ["kaputt"]}, OUTLETS, "run-1", broken=["kaputt.yaml: key `name` is missing; add it"])
