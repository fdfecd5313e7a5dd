"""The archive, read back by ourselves and by warcio, which shares no code with the writer."""

from __future__ import annotations

import gzip
import re
import resource
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from newswire.archive import WarcWriter, read_exchange
from newswire.errors import ArchiveError
from newswire.records import Exchange, WarcRef
from newswire.store import Store

AT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
BODY = "<p>Müller – „Größe“ €".encode("windows-1252") + bytes(range(256)) * 20
NAME = "warc/run=r1/test-de.warc.gz"


def page(url="https://example.org/a?x=1&y=ü", body=BODY, headers=(("Content-Type", "text/html"),), reason="OK", **more):
    sent = (("Host", "example.org"), ("User-Agent", "Newswire/0"))
    return Exchange(url, 200, reason, headers, body, AT, **{"request_headers": sent, "address": "192.0.2.7", **more})


def saved(body=BODY):
    return Exchange("urn:newswire:test-de:a%20b.html", 200, "OK", (("Content-Type", "text/html"),), body, AT)


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path))


def writer(store, relative=NAME):
    return WarcWriter(store, relative, run_id="r1", outlet_id="test-de", clock=lambda: AT)


def keep_and_fail(store):
    with writer(store) as warc:
        warc.keep(page())
        raise LookupError


def records(path: Path):
    """What warcio makes of a file: (offset, type, url, HTTP status, payload, its headers), digests checked."""
    found = []
    with path.open("rb") as stream:
        iterator = ArchiveIterator(stream, check_digests="raise")
        for record in iterator:
            payload = record.content_stream().read()
            status = record.http_headers.get_statuscode() if record.rec_type == "response" else None
            url = record.rec_headers.get_header("WARC-Target-URI")
            found.append((iterator.get_record_offset(), record.rec_type, url, status, payload, record))
    return found


def test_warcio_agrees_on_url_status_payload_and_offset(store, tmp_path):
    gone = Exchange("https://example.org/gone", 410, "Gone", (), b"", AT)
    with writer(store) as warc:
        refs = [warc.keep(exchange) for exchange in (page(), gone, saved())]
    found = records(tmp_path / NAME)
    assert [kind for _, kind, *_ in found] == ["warcinfo", "request", "response", "response", "resource"]
    assert [
        (offset, url, payload) for offset, kind, url, _, payload, _ in found if kind in ("response", "resource")
    ] == [
        (refs[0].offset, "https://example.org/a?x=1&y=ü", BODY),
        (refs[1].offset, "https://example.org/gone", b""),
        (refs[2].offset, "urn:newswire:test-de:a%20b.html", BODY),
    ]
    assert [status for *_, status, _, _ in found if status] == ["200", "410"]
    assert {ref.file for ref in refs} == {NAME}


def test_records_are_warc_1_1_with_digests_and_link_to_each_other(store, tmp_path):
    with writer(store) as warc:
        warc.keep(page())
    info, request, response = (record for *_, record in records(tmp_path / NAME))
    for record in (info, request, response):
        assert record.rec_headers.protocol == "WARC/1.1"
        assert record.rec_headers.get_header("WARC-Date") == "2026-01-02T03:04:05.000678Z"
    said = response.rec_headers
    assert said.get_header("WARC-Payload-Digest").startswith("sha256:")
    assert said.get_header("WARC-Warcinfo-ID") == info.rec_headers.get_header("WARC-Record-ID")
    assert request.rec_headers.get_header("WARC-Concurrent-To") == said.get_header("WARC-Record-ID")
    assert said.get_header("WARC-IP-Address") == "192.0.2.7"
    assert re.fullmatch(r"<urn:uuid:[0-9a-f-]{36}>", said.get_header("WARC-Record-ID"))
    assert request.http_headers.statusline == "/a?x=1&y=ü HTTP/1.1"
    assert request.http_headers.get_header("User-Agent") == "Newswire/0"


def test_each_record_is_a_gzip_member_of_its_own(store, tmp_path):
    with writer(store) as warc:
        refs = [warc.keep(saved(b"<p>1")), warc.keep(saved(b"<p>2"))]
    content = (tmp_path / NAME).read_bytes()
    assert content.count(b"\x1f\x8b\x08") == 3
    assert gzip.decompress(content[refs[0].offset : refs[1].offset]).endswith(b"<p>1\r\n\r\n")


def test_what_was_kept_is_read_back_by_its_offset(store):
    exchanges = [page(f"https://example.org/{n}", BODY + str(n).encode()) for n in range(5)]
    with writer(store) as warc:
        refs = [warc.keep(exchange) for exchange in exchanges]
    for ref, kept in reversed(list(zip(refs, exchanges, strict=True))):
        read = read_exchange(store, ref)
        assert (read.url, read.status, read.reason, read.body, read.at) == (kept.url, 200, "OK", kept.body, AT)
        assert read.headers == (("Content-Type", "text/html"), ("Content-Length", str(len(kept.body))))
        assert read.address == "192.0.2.7"


def test_a_saved_file_is_read_back_as_an_answer(store):
    with writer(store) as warc:
        ref = warc.keep(saved())
    read = read_exchange(store, ref)
    assert (read.url, read.status, read.body) == ("urn:newswire:test-de:a%20b.html", 200, BODY)
    assert read.header("content-type") == "text/html"


def test_headers_describe_the_body_that_is_there(store, tmp_path):
    came = (("content-encoding", "gzip"), ("Transfer-Encoding", "chunked"), ("Content-Length", "17"), ("ETag", '"1"'))
    with writer(store) as warc:
        ref = warc.keep(page(headers=(*came, ("X-Newswire-Original-ETag", "spoof"))))
    assert dict(read_exchange(store, ref).headers) == {
        "X-Newswire-Original-content-encoding": "gzip",
        "X-Newswire-Original-Transfer-Encoding": "chunked",
        "X-Newswire-Original-Content-Length": "17",
        "ETag": '"1"',
        "X-Newswire-Original-X-Newswire-Original-ETag": "spoof",
        "Content-Length": str(len(BODY)),
    }
    assert records(tmp_path / NAME)[-1][4] == BODY


def test_hostile_headers_end_no_line_and_start_no_record(store, tmp_path):
    evil = "a\r\nX-Evil: 1\r\n\r\nWARC/1.1\r\nWARC-Type: response\x00\x85\u2028\udce4"
    hostile = page(
        url="https://example.org/\r\nWARC-Type: metadata\x7f ü",
        headers=((evil, "1"), ("X", evil)),
        request_headers=(("Y", evil), (evil, "2")),
        reason=evil,
        address="1.2.3.4\r\nX-Evil: 1",
    )
    with writer(store) as warc:
        ref = warc.keep(hostile)
    text = gzip.decompress((tmp_path / NAME).read_bytes())
    head = text[: text.index(BODY)].decode()
    lines = head.split("\r\n")
    assert not [line for line in lines if line.startswith(("X-Evil", "WARC-Type: metadata")) or not line.isprintable()]
    assert lines.count("WARC/1.1") == 3
    read = read_exchange(store, ref)
    assert read.url == "https://example.org/%0D%0AWARC-Type:%20metadata%7F%20ü"
    assert read.header("X") == "a%0D%0AX-Evil: 1%0D%0A%0D%0AWARC/1.1%0D%0AWARC-Type: response%00%C2%85%E2%80%A8%E4"
    assert read.address is None
    assert [kind for _, kind, *_ in records(tmp_path / NAME)] == ["warcinfo", "request", "response"]


def test_the_same_captures_make_the_same_bytes(tmp_path):
    contents = []
    for name in ("one", "two"):
        store = Store(str(tmp_path / name))
        with writer(store) as warc:
            warc.keep(page())
            warc.keep(page())
            warc.keep(saved())
        contents.append((tmp_path / name / NAME).read_bytes())
    assert contents[0] == contents[1]
    ids = re.findall(rb"WARC-Record-ID: (\S+)", gzip.decompress(contents[0]))
    assert len(ids) == len(set(ids)) == 6


def test_nothing_kept_makes_no_file(store, tmp_path):
    with writer(store) as warc:
        pass
    assert warc.file == ""
    assert list(tmp_path.rglob("*")) == []


def test_an_existing_file_is_never_touched(store, tmp_path):
    refs = []
    for number in range(3):
        with writer(store) as warc:
            refs.append(warc.keep(page(body=str(number).encode())))
    names = [NAME, "warc/run=r1/test-de-00001.warc.gz", "warc/run=r1/test-de-00002.warc.gz"]
    assert [ref.file for ref in refs] == names
    assert [read_exchange(store, ref).body for ref in refs] == [b"0", b"1", b"2"]
    assert store.glob("warc/*/*.warc.gz") == sorted(names)


def test_two_writers_at_once_take_two_names(store):
    with writer(store) as one, writer(store) as two:
        refs = [one.keep(page(body=b"1")), two.keep(page(body=b"2"))]
    assert [read_exchange(store, ref).body for ref in refs] == [b"1", b"2"]


def test_the_file_has_its_name_only_when_it_is_whole(store, tmp_path):
    with writer(store) as warc:
        warc.keep(page())
        assert store.glob("warc/**/*.warc.gz") == []
        assert (tmp_path / f"{NAME}.open").exists()
    assert not (tmp_path / f"{NAME}.open").exists()
    assert store.glob("warc/*/*.warc.gz") == [NAME]


def test_after_an_exception_what_was_kept_stays_readable_under_open(store, tmp_path):
    with pytest.raises(LookupError):
        keep_and_fail(store)
    assert store.glob("warc/*/*.warc.gz") == []
    assert [payload for *_, payload, _ in records(tmp_path / f"{NAME}.open")][-1] == BODY
    with writer(store) as again:
        assert again.keep(page()).file == "warc/run=r1/test-de-00001.warc.gz"


def test_a_full_disk_tears_no_earlier_record(store, tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with writer(store) as warc:
            first = warc.keep(page())
            size = (tmp_path / f"{NAME}.open").stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, limits[1]))
            with pytest.raises(ArchiveError, match=r"byte \d+.*free space"):
                warc.keep(page())
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            third = warc.keep(page("https://example.org/third"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert read_exchange(store, first).body == BODY
    assert read_exchange(store, third).url == "https://example.org/third"
    assert len(records(tmp_path / NAME)) == 5


def test_a_torn_record_is_named_wherever_it_is_cut(store, tmp_path):
    with writer(store) as warc:
        ref = warc.keep(page(body=b"<p>" + bytes(range(200))))
    path = tmp_path / NAME
    whole = path.read_bytes()
    # The last bytes of a member are its check sum and its length: the record before them is whole.
    for cut in range(ref.offset, len(whole) - 24):
        path.write_bytes(whole[:cut])
        with pytest.raises(ArchiveError) as torn:
            read_exchange(store, ref)
        assert NAME in str(torn.value)
        assert str(ref.offset) in str(torn.value)


def test_an_altered_payload_is_noticed(store, tmp_path):
    with writer(store) as warc:
        ref = warc.keep(page(body=b"<p>honest"))
    path = tmp_path / NAME
    content = path.read_bytes()
    member = gzip.decompress(content[ref.offset :]).replace(b"honest", b"forged")
    path.write_bytes(content[: ref.offset] + gzip.compress(member))
    with pytest.raises(ArchiveError, match="digest"):
        read_exchange(store, ref)


@pytest.mark.parametrize("shift", [-1, 1, 40, 10**6])
def test_an_offset_between_records_is_no_record(store, shift):
    with writer(store) as warc:
        ref = warc.keep(page())
    with pytest.raises(ArchiveError, match=re.escape(f"{NAME} at byte {ref.offset + shift}")):
        read_exchange(store, WarcRef(file=NAME, offset=ref.offset + shift))


def test_a_reference_to_another_kind_of_record_is_an_error(store):
    with writer(store) as warc:
        warc.keep(page())
    with pytest.raises(ArchiveError, match="warcinfo"):
        read_exchange(store, WarcRef(file=NAME, offset=0))


def test_a_missing_file_is_named(store):
    with pytest.raises(ArchiveError, match=r"nowhere\.warc\.gz.*missing"):
        read_exchange(store, WarcRef(file="warc/nowhere.warc.gz", offset=0))


def test_a_bucket_gets_the_file_in_one_piece(wire):
    store = Store(wire.storage)
    with writer(store) as warc:
        ref = warc.keep(page())
        assert store.glob("warc/**/*.warc.gz") == []
        assert store.read_bytes(f"{NAME}.open") == b"", "the name is claimed, the bytes come when they are all there"
    assert read_exchange(store, ref).body == BODY
    with pytest.raises(LookupError):
        keep_and_fail(store)
    assert store.glob("warc/**") == [f"{NAME.removesuffix('.warc.gz')}-00001.warc.gz.open", NAME]
    assert store.read_bytes(store.glob("warc/**/*.open")[0])[:2] == b"\x1f\x8b"


def test_writers_of_one_name_in_a_bucket_get_files_of_their_own(wire):
    """A task that is repeated while its first attempt, thought dead, still lives."""

    def keep(body):
        with writer(Store(wire.storage)) as warc:
            return warc.keep(page(body=body)), body

    with ThreadPoolExecutor(6) as pool:
        kept = list(pool.map(keep, [b"<p>%d</p>" % number for number in range(6)]))
    store = Store(wire.storage)
    assert len({ref.file for ref, _ in kept}) == len(store.glob("warc/**")) == 6
    for ref, body in kept:
        assert read_exchange(store, ref).body == body
