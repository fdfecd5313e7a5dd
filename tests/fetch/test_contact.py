"""Nobody is asked who could not ask back."""

from __future__ import annotations

import pytest

from newswire.errors import FetchError, SettingsError
from newswire.fetch import Network, fetch_leads, fetch_source
from newswire.records import Capture, Outcome
from newswire.settings import FetchSettings, read_contact


def silent(**_):
    raise AssertionError("a socket was made")


@pytest.fixture
def nameless(quick):
    return quick.model_copy(update={"contact": None})


def test_a_real_outlet_is_not_asked_and_its_leads_stay_open(outlet_at, lead_to, nameless, shelf, clock):
    outlet = outlet_at("news.example", allow=())
    leads = [lead_to("https://news.example/a"), lead_to("https://news.example/b", attempts=9)]
    result = fetch_leads(
        leads, outlet, nameless, validators={}, keep=shelf, clock=clock, network=Network(make_socket=silent)
    )
    assert [(one.disposition, one.reason) for one in result.outcomes] == [("failed", "contact_missing")] * 2
    assert "newswire_contact" in result.outcomes[0].detail
    assert "NEWSWIRE_CONTACT" in result.outcomes[0].detail
    assert "\n" not in result.outcomes[0].detail
    with pytest.raises(FetchError, match="newswire_contact"):
        fetch_source(
            "https://news.example/feed", outlet, nameless, validator=None, clock=clock,
            network=Network(make_socket=silent),
        )  # fmt: skip


def test_an_outlet_of_ones_own_is_asked(site, outlet_at, lead_to, nameless, shelf, clock):
    site.pages["/a"] = b"<p>a"
    result = fetch_leads(
        [lead_to(site.url("/a"))], outlet_at(site.host), nameless, validators={}, keep=shelf, clock=clock
    )
    assert isinstance(result.captures[0], Capture)
    assert site.asked[0][2]["User-Agent"] == nameless.user_agent


def test_a_local_outlet_does_not_lead_into_the_world_without_a_contact(outlet_at, lead_to, nameless, shelf, clock):
    """A public address, once beside an allowed one: found local by its hosts, refused when it would be dialled."""
    outlet = outlet_at("127.0.0.1", "*").model_copy(update={"hosts": ("127.0.0.1",), "discover": ()})
    assert outlet.is_local
    result = fetch_leads(
        [lead_to("http://8.8.8.8/a")], outlet.model_copy(update={"hosts": ("127.0.0.1", "8.8.8.8")}),
        nameless, validators={}, keep=shelf, clock=clock, network=Network(make_socket=silent),
    )  # fmt: skip
    (ending,) = result.outcomes
    assert isinstance(ending, Outcome)
    assert (ending.disposition, ending.reason) == ("failed", "contact_missing")


@pytest.mark.parametrize("text", ["desk@example.org", "https://example.org/bot", "mailto:desk@example.org", " a@b.de "])
def test_a_contact_is_an_address(text):
    assert FetchSettings(contact=read_contact(text)).agent.endswith(f" (+{text.strip()})")


@pytest.mark.parametrize("text", ["", "  ", None])
def test_no_contact_is_none(text):
    assert read_contact(text) is None


@pytest.mark.parametrize("text", ["me", "a b@example.org", "a@b.de\r\nX-Evil: 1", "https://x/(a)", "a@b.de)", "ä@b.de"])
def test_anything_else_is_refused_with_an_example(text):
    with pytest.raises(SettingsError, match=r"desk@example\.org"):
        read_contact(text)


def test_the_environment_gives_a_contact_and_a_wrong_one_is_told(monkeypatch):
    monkeypatch.setenv("NEWSWIRE_CONTACT", "desk@example.org")
    assert FetchSettings().contact == "desk@example.org"
    monkeypatch.setenv("NEWSWIRE_CONTACT", "nobody")
    with pytest.raises(SettingsError):
        FetchSettings()
