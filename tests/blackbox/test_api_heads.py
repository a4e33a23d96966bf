"""Bytes that are no good request: each gets its 4xx, and the server stays."""

import pytest

pytestmark = pytest.mark.asan

# what is between the request line's path and the end of the head -> status
MALFORMED = {
    "length and chunked": (
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        400,
    ),
    "chunked and length": (
        b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        400,
    ),
    "two lengths": (b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
    "two different lengths": (b"Content-Length: 2\r\nContent-Length: 7\r\n\r\n{}", 400),
    "length with a sign": (b"Content-Length: +2\r\n\r\n{}", 400),
    "length below zero": (b"Content-Length: -2\r\n\r\n{}", 400),
    "length in words": (b"Content-Length: two\r\n\r\n{}", 400),
    "length as a list": (b"Content-Length: 2, 2\r\n\r\n{}", 400),
    "length in hex": (b"Content-Length: 0x2\r\n\r\n{}", 400),
    "space before the colon": (b"Content-Length : 2\r\n\r\n{}", 400),
    "unknown coding": (b"Transfer-Encoding: gzip\r\n\r\n", 400),
    "two codings": (b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    "coding twice": (
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "CR inside a value": (b"X: y\rTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}", 400),
    "two hosts": (b"Host: b\r\nContent-Length: 2\r\n\r\n{}", 400),
    "bad chunk size": (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", 400),
    "large head": (b"X: " + b"x" * 7000 + b"\r\n\r\n", 431),
    "huge head": (b"X: " + b"x" * 200000 + b"\r\n\r\n", 431),
    "many headers": (b"".join(b"X-%d: y\r\n" % i for i in range(2000)) + b"\r\n", 431),
    "announced too much": (b"Content-Length: 99999999999\r\n\r\n", 413),
    "announced more than a number holds": (b"Content-Length: " + b"9" * 40 + b"\r\n\r\n", 413),
}


def post(api, rest, path=b"/api/v2/orchestrations/hello/run"):
    return (
        b"POST " + path + b" HTTP/1.1\r\nHost: a\r\n"
        b"Authorization: Bearer " + api.client.key.encode() + b"\r\n" + rest
    )


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_head_is_refused_and_the_connection_closed(api, name):
    rest, status = MALFORMED[name]
    runs = api.count_runs()
    got, reply, closed = api.client.raw(post(api, rest))
    assert got == status, reply
    assert closed
    assert api.count_runs() == runs


@pytest.mark.parametrize(
    "line",
    [
        b"GET /health HTTP/1.1\r\n\r\n",  # no Host
        b"GET http://%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /" + b"a/" * 40 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /" + b"a" * 7000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health?" + b"a=1&" * 40 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health?" + b"a=1&" * 500 + b" HTTP/1.1\r\nHost: a\r\n\r\n",  # more than MHD has room for
        b"GET /health?" + b"a&" * 2900 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_a_malformed_line_is_refused(api, line):
    status, reply, _ = api.client.raw(line)
    assert status in (400, 404, 414, 431), reply


@pytest.mark.parametrize(
    "key",
    [b"", b" ", b"\t", b"x" * 256, b"\xc3\xa9", b"a\x7fb", b"a\tb", b"\x01", b"\xff", b"\x80"],
)
def test_a_malformed_idempotency_key_is_refused(api, key):
    status, reply, _ = api.client.raw(
        post(api, b"Idempotency-Key: " + key + b"\r\nContent-Length: 2\r\n\r\n{}")
    )
    assert status == 422, reply
    assert b'"loc":["header","Idempotency-Key"]' in reply


def test_the_second_request_of_a_smuggled_pair_is_not_seen(api):
    inner = post(api, b"Content-Length: 2\r\n\r\n{}")
    outer = b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % len(inner)
    runs = api.count_runs()
    status, reply, closed = api.client.raw(post(api, outer) + inner)
    assert status == 400 and closed, reply
    assert reply.count(b"HTTP/1.1 ") == 1
    assert api.count_runs() == runs


def test_a_body_above_the_bound_is_refused_and_said_so(api):
    over = api.client.run("hello", b" " * (1024 * 1024 + 1))
    assert (over.status, over.code) == (413, "body_too_large")
    chunks = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    status, reply, _ = api.client.raw(
        post(api, b"Transfer-Encoding: chunked\r\n\r\n" + chunks * 17 + b"0\r\n\r\n")
    )
    assert status == 413, reply
    just = api.client.run("hello", b"{}" + b" " * (1024 * 1024 - 2))
    assert just.status == 202


def test_wrong_content_types_are_taken(api):
    for kind in ("text/plain", "application/xml", "x", ""):
        answer = api.client.run("hello", b"{}", headers={"Content-Type": kind})
        assert answer.status == 202


def test_garbage_harms_nobody(api):
    for data in (b"\0" * 100, b"\x16\x03\x01\x02\x00\x01\x00", b"\r\n" * 50, b"GET\r\n\r\n"):
        with api.connect() as s:
            s.sendall(data)
    assert api.client.get("/health").status == 200
