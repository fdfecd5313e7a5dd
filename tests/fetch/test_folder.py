"""Saved pages are read like answers, and nothing outside of their folder is."""

from __future__ import annotations

import hashlib
import os

import pytest

from newswire.fetch import fetch_leads
from newswire.records import Capture, Outcome, Reject, Validator
from newswire.urls import folder_urn


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "pages"
    made.mkdir()
    return made


@pytest.fixture
def fetch(outlet_at, lead_to, quick, shelf, clock, folder):
    def run(relative, *, raw=None, found_by="folder", found_in=None, known=None, refetch=False, **lead):
        urn = raw or folder_urn("test-de", relative)
        found = lead_to(urn, found_by=found_by, found_in=str(found_in or folder), **lead)
        result = fetch_leads(
            [found], outlet_at(), quick, validators=known or {}, keep=shelf, clock=clock, refetch=refetch
        )
        (ending,) = [*result.captures, *result.outcomes, *result.rejects]
        assert result.requests == 0
        return ending

    return run


@pytest.mark.parametrize(
    ("name", "kind"), [("a.html", "text/html"), ("sub/b c.HTM", "text/html"), ("Größe – 1.txt", "text/plain")]
)
@pytest.mark.parametrize("found_by", ["folder", "retry"])
def test_a_file_becomes_a_capture(folder, fetch, shelf, clock, name, kind, found_by):
    body = "<p>Müller".encode("windows-1252")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(body)
    capture = fetch(name, found_by=found_by)
    assert isinstance(capture, Capture)
    assert capture.url == capture.lead.canonical_url == folder_urn("test-de", name)
    assert (capture.status, capture.content_type, capture.captured_at) == (200, kind, clock())
    assert (capture.etag, capture.last_modified) == (None, None)
    assert shelf.kept[0].body == body
    assert shelf.kept[0].header("Last-Modified") is None


@pytest.mark.parametrize("refetch", [False, True])
def test_a_file_that_did_not_change_is_not_modified(folder, fetch, shelf, refetch):
    (folder / "a.html").write_bytes(b"<p>a")
    urn = folder_urn("test-de", "a.html")
    same = Validator(url=urn, digest="sha256:" + hashlib.sha256(b"<p>a").hexdigest())
    other = Validator(url=urn, digest="sha256:0")
    ending = fetch("a.html", known={urn: same}, refetch=refetch)
    assert isinstance(ending, Capture) if refetch else ending.disposition == "not_modified"
    assert isinstance(fetch("a.html", known={urn: other}), Capture)


@pytest.mark.parametrize(
    "path", ["../secret.html", "sub/../../secret.html", "%2e%2e/secret.html", "/etc/hostname", "%2Fetc%2Fhostname"]
)
def test_a_path_that_leaves_the_folder_is_refused(folder, fetch, shelf, tmp_path, path):
    (tmp_path / "secret.html").write_text("secret")
    (folder / "sub").mkdir()
    ending = fetch("", raw=f"urn:newswire:test-de:{path}")
    assert isinstance(ending, Outcome)
    assert (ending.disposition, ending.reason) == ("skipped", "address_refused")
    assert shelf.kept == []


def test_links_are_followed_inside_the_folder_only(folder, fetch, shelf, tmp_path):
    (tmp_path / "secret.html").write_text("secret")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "page.html").write_text("secret")
    (folder / "a.html").write_text("<p>a")
    (folder / "inside.html").symlink_to("a.html")
    (folder / "outside.html").symlink_to(tmp_path / "secret.html")
    (folder / "door").symlink_to(tmp_path / "other")
    (folder / "loop.html").symlink_to("loop.html")
    assert isinstance(fetch("inside.html"), Capture)
    for name in ("outside.html", "door/page.html"):
        assert fetch(name).reason == "address_refused"
    assert fetch("loop.html").reason == "unreadable"
    assert [kept.body for kept in shelf.kept] == [b"<p>a"]


def test_a_sibling_whose_name_begins_alike_is_outside(folder, fetch, tmp_path):
    (tmp_path / "pages-private").mkdir()
    (tmp_path / "pages-private" / "a.html").write_text("secret")
    assert fetch("", raw="urn:newswire:test-de:../pages-private/a.html").reason == "address_refused"


def test_another_outlets_page_is_refused(folder, fetch):
    (folder / "a.html").write_text("<p>a")
    assert fetch("", raw="urn:newswire:other:a.html").reason == "address_refused"


def test_a_urn_that_no_folder_brought_is_refused(folder, fetch):
    (folder / "a.html").write_text("<p>a")
    for found_by in ("feed", "url"):
        assert fetch("a.html", found_by=found_by).reason == "address_refused"


def test_what_is_gone_is_rejected_what_is_unmounted_waits(folder, fetch, tmp_path):
    gone = fetch("never.html")
    assert isinstance(gone, Reject)
    assert gone.reason == "not_found"
    waiting = fetch("a.html", found_in=tmp_path / "nowhere")
    assert (waiting.disposition, waiting.reason) == ("failed", "folder_missing")


def test_a_pipe_does_not_hold_the_lane(folder, fetch):
    os.mkfifo(folder / "pipe.html")
    (folder / "dir.html").mkdir()
    assert fetch("pipe.html").reason == "not_found"
    assert fetch("dir.html").reason in {"not_found", "unreadable"}


def test_a_file_over_the_cap_is_rejected(folder, fetch):
    (folder / "big.html").write_bytes(b"x" * 200_001)
    (folder / "exact.html").write_bytes(b"x" * 200_000)
    assert fetch("big.html").reason == "too_large"
    assert isinstance(fetch("exact.html"), Capture)
