"""Requests that break the rules of HTTP/1, or look as if they did, and what must become of each."""

from __future__ import annotations

from dataclasses import dataclass

END = b"\r\n"
HOST = b"Host: mesh.test\r\n"


@dataclass(frozen=True)
class Case:
    """Bytes for a fresh connection, and the statuses that must come back; all but the last good ones end it."""

    name: str
    sent: bytes
    wanted: tuple[int, ...]
    #: Whether nginx 1.22 lets it pass, which a front proxy of that kind then does.
    passes_nginx: bool = False
    #: Whether the connection must go on, ready for another request.
    stays_open: bool = False


def get(*lines: bytes, target: bytes = b"/json", version: bytes = b"HTTP/1.1", host: bytes = HOST) -> bytes:
    """A GET with these fields."""
    return b"GET " + target + b" " + version + END + host + b"".join(line + END for line in lines) + END


def post(*lines: bytes, body: bytes = b"", version: bytes = b"HTTP/1.1", host: bytes = HOST) -> bytes:
    """A POST with these fields and this body."""
    head = b"POST /upload " + version + END + host + b"".join(line + END for line in lines) + END
    return head + body


def chunked(body: bytes, *lines: bytes) -> bytes:
    """A POST whose body is said to come in chunks."""
    return post(b"Transfer-Encoding: chunked", *lines, body=body)


SMUGGLED = get(target=b"/smuggled")
LAST = b"0\r\n\r\n"

#: Good requests, so that the others are not refused because everything is.
GOOD = [
    Case("a plain one", get(), (200,), True, True),
    Case("three at once", get() * 3, (200, 200, 200), True, True),
    Case("a body of a length", post(b"Content-Length: 4", body=b"abcd"), (200,), True, True),
    Case("a body in chunks", chunked(b"4\r\nabcd\r\n" + LAST), (200,), True, True),
    Case("chunks with an extension", chunked(b"4;a=b\r\nabcd\r\n" + LAST), (200,), True, True),
    Case("chunks with a quoted extension", chunked(b'4;a="b;c"\r\nabcd\r\n' + LAST), (200,), True, True),
    Case("chunks with a trailer", chunked(b"4\r\nabcd\r\n0\r\nX-Sum: 1\r\n\r\n"), (200,), True, True),
    Case("a chunk size with zeros", chunked(b"0004\r\nabcd\r\n" + LAST), (200,), True, True),
    Case("a chunk size in capitals", chunked(b"A\r\n0123456789\r\n" + LAST), (200,), True, True),
    Case("empty lines before it", b"\r\n" + get(), (200,), True, True),
    Case("the absolute form", get(target=b"http://mesh.test/json"), (200,), True, True),
    Case("an empty value", get(b"X-Empty:"), (200,), True, True),
    Case("white space around a value", get(b"X-Space: \t a \t "), (200,), True, True),
    Case("bytes beyond ASCII in a value", get(b"X-Name: \xc3\xa9\xff"), (200,), True, True),
    Case("HTTP/1.0", get(version=b"HTTP/1.0"), (200,), True),
    Case("HTTP/1.0 without a host", get(version=b"HTTP/1.0", host=b""), (200,), True),
    Case("HTTP/1.0 that stays", get(b"Connection: keep-alive", version=b"HTTP/1.0"), (200,), True, True),
    Case("one that closes", get(b"Connection: close"), (200,), True),
    Case(
        "a wait for 100 that did not wait",
        post(b"Content-Length: 4", b"Expect: 100-continue", body=b"abcd"), (200,), True, True,
    ),
]

#: The table that the parser was chosen by.
KNOWN = [
    Case(
        "a length and chunks",
        post(b"Content-Length: 4", b"Transfer-Encoding: chunked", body=LAST + SMUGGLED), (400,),
    ),
    Case(
        "chunks and a length",
        post(b"Transfer-Encoding: chunked", b"Content-Length: 4", body=LAST + SMUGGLED), (400,),
    ),
    Case("two lengths", post(b"Content-Length: 4", b"Content-Length: 5", body=b"abcde"), (400,)),
    Case("one length twice", post(b"Content-Length: 4", b"Content-Length: 4", body=b"abcd"), (400,)),
    Case("a length with a sign", post(b"Content-Length: +4", body=b"abcd"), (400,)),
    Case("a list of lengths", post(b"Content-Length: 4, 4", body=b"abcd"), (400,)),
    Case("a length beyond 64 bits", post(b"Content-Length: 99999999999999999999999", body=b"abcd"), (400,)),
    Case("an unknown coding", post(b"Transfer-Encoding: xchunked", body=LAST), (501,)),
    Case("identity behind chunked", post(b"Transfer-Encoding: chunked, identity", body=LAST), (400,)),
    Case(
        "identity in a second field",
        post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=LAST), (400,),
    ),
    Case("a chunk size with 0x", chunked(b"0x4\r\nabcd\r\n" + LAST), (400,)),
    Case("a chunk size beyond 64 bits", chunked(b"fffffffffffffffff4\r\nabcd\r\n" + LAST), (400,)),
    Case("a bare line feed in an extension", chunked(b"4;a\nabcd\r\n" + LAST), (400,), True),
    Case("no line end behind a chunk", chunked(b"4\r\nabcdX\r\n" + LAST), (400,)),
    Case("a folded line", get(b"A: b", b" c"), (400,)),
    Case("a space before the colon", post(b"Content-Length : 4", body=b"abcd"), (400,)),
    Case("bare line feeds", b"GET /json HTTP/1.1\nHost: mesh.test\n\n", (400,), True),
    Case("a bare carriage return", get(b"A: b\rc"), (400,)),
    Case("a NUL in a value", get(b"A: b\0c"), (400,)),
    Case("no host", get(host=b""), (400,)),
    Case("two hosts", get(b"Host: other.test"), (400,)),
    Case("HTTP/2.0", get(version=b"HTTP/2.0"), (505,)),
    Case("chunks in HTTP/1.0", post(b"Transfer-Encoding: chunked", body=LAST, version=b"HTTP/1.0"), (400,)),
    Case("a value of 64 KiB", get(b"A: " + b"x" * 65_536), (431,)),
    Case("a target of 64 KiB", get(target=b"/" + b"x" * 65_536), (414,)),
    Case("a thousand fields", get(*(b"H%d: x" % number for number in range(1_000))), (431,)),
    Case("an unknown method", b"FOO /json HTTP/1.1\r\n" + HOST + END, (501,), True),
    Case("TLS on a plain port", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 10 + b"\r\n\r\n", (400,)),
]

#: What else people have got past parsers with.
SMUGGLING = [
    Case("chunked behind a tab", post(b"Transfer-Encoding:\tchunked", body=LAST), (200,), False, True),
    Case("a tab behind chunked", post(b"Transfer-Encoding: chunked\t", body=LAST + SMUGGLED), (400,)),
    Case("a space behind chunked", post(b"Transfer-Encoding: chunked ", body=LAST), (200,), True, True),
    Case(
        "a tab behind chunked, and an upgrade",
        post(
            b"Transfer-Encoding: chunked\t", b"Connection: Upgrade", b"Upgrade: x", body=b"5\r\nhello\r\n" + LAST
        ),
        (400,),
    ),
    Case("chunked in capitals", post(b"Transfer-Encoding: CHUNKED", body=LAST), (200,), True, True),
    Case("a vertical tab before chunked", post(b"Transfer-Encoding: \x0bchunked", body=LAST + SMUGGLED), (400,)),
    Case("chunked twice in a list", post(b"Transfer-Encoding: chunked, chunked", body=LAST + SMUGGLED), (400,)),
    Case(
        "chunked in two fields",
        post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=LAST), (400,),
    ),
    Case("gzip before chunked", post(b"Transfer-Encoding: gzip, chunked", body=LAST), (501,)),
    Case("chunked in quotation marks", post(b'Transfer-Encoding: "chunked"', body=LAST + SMUGGLED), (501,)),
    Case("an empty coding", post(b"Transfer-Encoding:", body=b""), (400,)),
    Case("identity alone", post(b"Transfer-Encoding: identity", body=b""), (501,)),
    Case("a coding on a folded line", post(b"Transfer-Encoding:", b" chunked", body=LAST + SMUGGLED), (400,)),
    Case("a coding behind a space and a colon", post(b"Transfer-Encoding : chunked", body=LAST + SMUGGLED), (400,)),
    Case("a NUL in a coding", post(b"Transfer-Encoding: chunked\0", body=LAST), (400,)),
    Case("a semicolon behind chunked", post(b"Transfer-Encoding: chunked;a=b", body=LAST + SMUGGLED), (501,)),
    Case("a length of minus one", post(b"Content-Length: -1", body=b""), (400,)),
    Case("an empty length", post(b"Content-Length:", body=b""), (400,)),
    Case("a length in hexadecimal", post(b"Content-Length: 0x4", body=b"abcd"), (400,)),
    Case("a length with a space inside", post(b"Content-Length: 1 0", body=b"0123456789"), (400,)),
    Case("a length with a comma", post(b"Content-Length: 4,", body=b"abcd"), (400,)),
    Case("a length with a point", post(b"Content-Length: 4.0", body=b"abcd"), (400,)),
    Case("a length of 64 bits and one", post(b"Content-Length: 18446744073709551620", body=b"abcd"), (400,)),
    Case("a length of all 64 bits", post(b"Content-Length: 18446744073709551615", body=b""), (400,)),
    Case("a body above the limit", post(b"Content-Length: 99999999999", body=b""), (413,)),
    Case("chunks and a length in HTTP/1.0", post(b"Content-Length: 4", b"Transfer-Encoding: chunked", body=LAST,
                                                 version=b"HTTP/1.0"), (400,)),
]

CHUNKS = [
    Case("a negative chunk size", chunked(b"-4\r\nabcd\r\n" + LAST), (400,)),
    Case("a chunk size with a plus", chunked(b"+4\r\nabcd\r\n" + LAST), (400,)),
    Case("a space before a chunk size", chunked(b" 4\r\nabcd\r\n" + LAST), (400,)),
    Case("no chunk size", chunked(b"\r\nabcd\r\n" + LAST), (400,)),
    Case("a chunk size of letters", chunked(b"xyz\r\nabcd\r\n" + LAST), (400,)),
    Case("a bare carriage return behind a chunk size", chunked(b"4\rabcd\r\n" + LAST), (400,)),
    Case("a bare line feed behind a chunk size", chunked(b"4\nabcd\r\n" + LAST), (400,), True),
    Case("a bare line feed behind a chunk", chunked(b"4\r\nabcd\n" + LAST), (400,), True),
    Case("a NUL in an extension", chunked(b"4;a\0b\r\nabcd\r\n" + LAST), (400,), True),
    Case("an extension of 64 KiB", chunked(b"4;" + b"a" * 65_536 + b"\r\nabcd\r\n" + LAST), (400,), True),
    Case("a trailer of 64 KiB", chunked(b"0\r\nA: " + b"a" * 65_536 + b"\r\n\r\n"), (400,), True),
    Case("a folded trailer", chunked(b"0\r\nA: b\r\n c\r\n\r\n"), (400,), True),
    Case("a chunk that is longer than it says", chunked(b"2\r\nabcd\r\n" + LAST), (400,)),
]

TARGETS = [
    Case("no target", b"GET  HTTP/1.1\r\n" + HOST + END, (400,)),
    Case("a target without a slash", get(target=b"json"), (400,)),
    Case("a space in a target", get(target=b"/js on"), (400,)),
    Case("a tab in a target", get(target=b"/js\ton"), (400,)),
    Case("a NUL in a target", get(target=b"/js\0on"), (400,)),
    Case("a byte beyond ASCII in a target", get(target=b"/js\xc3\xa9"), (400,)),
    Case("a fragment", get(target=b"/json#a"), (400,), True),
    Case("a percent sign without digits", get(target=b"/json%zz"), (400,)),
    Case("an absolute form of another host, which counts", get(target=b"http://other.test/json"), (200,), True, True),
    Case("an absolute form of another scheme", get(target=b"ftp://mesh.test/json"), (400,), True),
    Case("an absolute form without a host", get(target=b"http:///json"), (400,)),
    Case("an absolute form with a user", get(target=b"http://me@mesh.test/json"), (400,)),
    Case("the authority form for a GET", get(target=b"mesh.test:80"), (400,)),
    Case("a tunnel", b"CONNECT mesh.test:443 HTTP/1.1\r\n" + HOST + END, (501,)),
    Case("an asterisk for a GET", get(target=b"*"), (400,)),
    Case("a version of one digit", get(version=b"HTTP/1"), (400,)),
    Case("HTTP/0.9", b"GET /json\r\n\r\n", (505,)),
    Case("HTTP/1.2", get(version=b"HTTP/1.2"), (505,), True),
    Case("HTTP/9.9", get(version=b"HTTP/9.9"), (505,)),
    Case("a version in small letters", get(version=b"http/1.1"), (400,)),
    Case("two spaces in the first line", b"GET  /json HTTP/1.1\r\n" + HOST + END, (200,), True, True),
    Case("a method in small letters", b"get /json HTTP/1.1\r\n" + HOST + END, (400,)),
    Case("a method with a colon", b"GE:T /json HTTP/1.1\r\n" + HOST + END, (400,)),
    Case("HTTP/2 with prior knowledge", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (505,)),
]

FIELDS = [
    Case("a field without a name", get(b": b"), (400,)),
    Case("a field without a colon", get(b"abc"), (400,), True),
    Case("a space in a name", get(b"A B: c"), (400,)),
    Case("a NUL in a name", get(b"A\0: c"), (400,)),
    Case("a byte beyond ASCII in a name", get(b"\xc3\xa9: c"), (400,), True),
    Case("a control in a value", get(b"A: b\x01c"), (400,), True),
    Case("a delete in a value", get(b"A: b\x7fc"), (400,), True),
    Case("a name of 64 KiB", get(b"A" * 65_536 + b": b"), (431,)),
    Case("a first line that begins with a space", b" " + get(), (400,)),
    Case("a first field that is folded", b"GET /json HTTP/1.1\r\n Host: mesh.test\r\n\r\n", (400,)),
    Case("a host with a space", get(host=b"Host: mesh test\r\n"), (400,)),
    Case("a host with a user", get(host=b"Host: me@mesh.test\r\n"), (400,), True),
    Case("a host with a slash", get(host=b"Host: mesh.test/a\r\n"), (400,)),
    Case("a host with a port of letters", get(host=b"Host: mesh.test:abc\r\n"), (400,), True),
    Case("a host in a list", get(host=b"Host: mesh.test, other.test\r\n"), (400,)),
    Case("an expectation nobody knows", post(b"Content-Length: 4", b"Expect: miracle", body=b"abcd"), (417,), True),
]

ALL = [*GOOD, *KNOWN, *SMUGGLING, *CHUNKS, *TARGETS, *FIELDS]
