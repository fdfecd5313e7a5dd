"""Content codings, cut into pieces of every awkward size."""

from __future__ import annotations

import gzip
import random
import zlib

import brotli
import pytest
from backports import zstd

from newswire.fetch.coding import CodingError, decoder_for

BODY = b"".join(random.Random(7).randbytes(40) + b"<p>Satz</p>" * 40 for _ in range(400))


def raw_deflate(body):
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(body) + stream.flush()


CODED = {
    "gzip": ("gzip", gzip.compress(BODY)),
    "three gzip members": ("gzip", gzip.compress(BODY[:9]) + gzip.compress(b"") + gzip.compress(BODY[9:])),
    "gzip and padding": ("gzip", gzip.compress(BODY) + b"\0" * 512),
    "deflate": ("deflate", zlib.compress(BODY)),
    "deflate without its header": ("deflate", raw_deflate(BODY)),
    "brotli": ("br", brotli.compress(BODY)),
    "zstd": ("zstd", zstd.compress(BODY)),
    "three zstd frames": ("zstd", zstd.compress(BODY[:9]) + zstd.compress(b"") + zstd.compress(BODY[9:])),
    "none": ("identity", BODY),
}


def decode(coding, content, size):
    decoder = decoder_for([coding])
    pieces = [piece for at in range(0, len(content), size) for piece in decoder.feed(content[at : at + size])]
    decoder.finish()
    return b"".join(pieces)


@pytest.mark.parametrize("name", CODED)
@pytest.mark.parametrize("size", [1, 2, 7, 1000, 10**9])
def test_every_cut_decodes_to_the_same(name, size):
    coding, content = CODED[name]
    assert decode(coding, content, size) == BODY


@pytest.mark.parametrize("step", [65_535, 65_536, 65_537, 131_072])
@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_bodies_that_end_on_a_step_are_whole(name, step):
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstd.compress}[name]
    assert decode(name, pack(b"a" * step), 10**9) == b"a" * step


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_pieces_stay_small_however_much_a_bomb_holds(name):
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstd.compress}[name]
    pieces = decoder_for([name]).feed(pack(b"\0" * 20_000_000))
    assert max(len(next(pieces)) for _ in range(20)) <= 200_000


@pytest.mark.parametrize("name", [name for name in CODED if name not in ("none", "gzip and padding")])
def test_a_stream_cut_short_is_noticed(name):
    coding, content = CODED[name]
    for cut in (1, 11, len(content) // 2, len(content) - 1):
        with pytest.raises(CodingError):
            decode(coding, content[:cut], 1000)


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_body_in_no_such_coding_is_noticed(coding):
    with pytest.raises(CodingError):
        decode(coding, b"<p>plain text, whatever the header says" * 9, 1000)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity"])
def test_no_body_is_whole(coding):
    assert decode(coding, b"", 1000) == b""


def test_identity_may_be_named_beside_a_coding():
    assert decode("identity, gzip", gzip.compress(b"a"), 1000) == b"a"
    with pytest.raises(CodingError):
        decoder_for(["gzip", "gzip"])


def test_a_zstd_body_that_claims_gigabytes_of_memory_is_refused():
    """RFC 9659: a window of 8 MB is what a receiver must hold; this one asks for 128 MB."""
    stream = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    greedy = stream.compress(b"<p>a" * 9) + stream.flush()
    with pytest.raises(CodingError):
        decode("zstd", greedy, 1000)
