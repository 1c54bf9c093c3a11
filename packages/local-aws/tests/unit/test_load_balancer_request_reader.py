"""Reading and parsing of requests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_aws.load_balancer.desync import Classification, is_blocked, must_close
from local_aws.load_balancer.desync import ClassificationReason as Reason
from local_aws.load_balancer.request_head import RefusedError, RequestHead, parse_head
from local_aws.load_balancer.request_reader import ReceivedRequest, RequestReader

HOST = "Host: a.example"
GET_LINE, POST_LINE = "GET / HTTP/1.1", "POST / HTTP/1.1"
CHUNKED = "Transfer-Encoding: chunked"


def head(line: str, *headers: str) -> RequestHead:
    return parse_head("\r\n".join([line, HOST, *headers]).encode("latin-1"))


def refused(line: str, *headers: str) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        head(line, *headers)
    return caught.value


def read(*pieces: bytes) -> list[ReceivedRequest]:
    """Return the requests that a connection reads from these pieces."""
    reader = RequestReader()
    received = []
    for piece in pieces:
        reader.feed(piece)
        while (request := reader.next_request()) is not None:
            received.append(request)
    return received


def test_a_head_keeps_target_and_values_as_sent() -> None:
    parsed = head("GET /a?b=%20#c HTTP/1.1", "X-A:  1 \t", "x-a:2", "X-Empty:")
    assert (parsed.method, parsed.target) == ("GET", "/a?b=%20#c")
    assert parsed.headers == (("host", "a.example"), ("x-a", "1"), ("x-a", "2"), ("x-empty", ""))
    assert (parsed.length, parsed.keep_alive, parsed.classification_reason) == (0, True, None)


def test_targets_and_values_may_have_bytes_beyond_ascii() -> None:
    parsed = parse_head("GET /é HTTP/1.1\r\nHost: a\r\nX-Name: ü".encode())
    assert parsed.target == "/é"
    assert parsed.headers[1] == ("x-name", "ü")
    raw = parse_head(b"GET /\xff HTTP/1.1\r\nHost: a")
    assert raw.target.encode(errors="surrogateescape") == b"/\xff"


def test_the_host_of_an_absolute_target_replaces_the_host_header() -> None:
    parsed = head("GET http://b.example:81/x HTTP/1.1")
    assert parsed.headers == (("host", "b.example:81"),)
    assert head("GET /x?next=http://c/ HTTP/1.1").headers == (("host", "a.example"),)


@pytest.mark.parametrize("method", ["GET", "PURGE", "get", "M-SEARCH", "x!#$%&'*+-.^_`|~9"])
def test_any_token_is_a_method(method: str) -> None:
    assert head(f"{method} / HTTP/1.1").method == method


@pytest.mark.parametrize(
    ("line", "headers", "keep_alive"),
    [
        (GET_LINE, (), True),
        (GET_LINE, ("Connection: close",), False),
        (GET_LINE, ("Connection: Keep-Alive, Close",), False),
        (GET_LINE, ("Connection: close", "Connection: x"), False),
        ("GET / HTTP/1.0", (), False),
        ("GET / HTTP/1.0", ("Connection: Keep-Alive",), True),
    ],
)
def test_version_and_connection_header_decide_about_keep_alive(
    line: str, headers: tuple[str, ...], keep_alive: bool
) -> None:
    assert head(line, *headers).keep_alive is keep_alive


@pytest.mark.parametrize(
    ("line", "headers", "reason"),
    [
        (GET_LINE, ("Content-Length: 0",), Reason.GET_HEAD_ZERO_CONTENT_LENGTH),
        ("HEAD / HTTP/1.1", ("Content-Length: 3",), Reason.UNDEFINED_CONTENT_LENGTH_SEMANTICS),
        (GET_LINE, (CHUNKED,), Reason.UNDEFINED_TRANSFER_ENCODING_SEMANTICS),
        ("POST / HTTP/1.0", (CHUNKED,), Reason.UNDEFINED_TRANSFER_ENCODING_SEMANTICS),
        (POST_LINE, ("Content-Length: 3", CHUNKED), Reason.BOTH_TE_CL_PRESENT),
        (POST_LINE, ("Content-Length: 3", "Content-Length: 03"), Reason.DUPLICATE_CONTENT_LENGTH),
        (GET_LINE, ("X-A: b\x01c",), Reason.NON_COMPLIANT_HEADER),
        (GET_LINE, ("X-A: \xe9",), Reason.NON_COMPLIANT_HEADER),
        (GET_LINE, ("X@A: 1",), Reason.NON_COMPLIANT_HEADER),
        (GET_LINE, (":1",), Reason.EMPTY_HEADER),
        (GET_LINE, ("Content_Length: 5",), Reason.SUSPICIOUS_HEADER),
        (GET_LINE, ("Transfer--Encoding: x",), Reason.SUSPICIOUS_HEADER),
        (GET_LINE, ("\x01Transfer-Encoding: x",), Reason.SUSPICIOUS_HEADER),
        ("GET /a b HTTP/1.1", (), Reason.SPACE_IN_URI),
        ("GET /a\x01b HTTP/1.1", (), Reason.AMBIGUOUS_URI),
        ("GET / HTTP/1.2", (), Reason.NON_COMPLIANT_VERSION),
        (GET_LINE, ("X-Tab: a\tb",), None),
    ],
)
def test_a_suspicious_head_has_a_classification_reason(
    line: str, headers: tuple[str, ...], reason: Reason | None
) -> None:
    assert head(line, *headers).classification_reason is reason


@pytest.mark.parametrize(
    "begun", [b"\x16\x03\x01\x02\x00\x01", b"\r\n\x80", b" GET", b"G\xc3\x89T"]
)
def test_bytes_that_are_not_a_method_are_refused_at_once(begun: bytes) -> None:
    with pytest.raises(RefusedError) as caught:
        read(begun)
    assert (caught.value.status, caught.value.classification_reason) == (
        400,
        Reason.BAD_METHOD,
    )


def test_a_request_may_arrive_byte_by_byte_after_empty_lines() -> None:
    sent = b"\r\n\r\nX-y /a HTTP/1.1\r\nHost: a\r\n\r\n"
    [received] = read(*(bytes([each]) for each in sent))
    assert received.head.method == "X-y"


def test_non_ascii_letters_cannot_hide_a_framing_header() -> None:
    name = "Tran\N{LATIN SMALL LETTER LONG S}fer-Encod\N{LATIN SMALL LETTER DOTLESS I}ng"
    parsed = parse_head(f"GET / HTTP/1.1\r\nHost: a\r\n{name}: chunked".encode())
    assert parsed.classification_reason is Reason.SUSPICIOUS_HEADER
    assert parsed.length == 0


def test_chunks_take_precedence_over_content_length() -> None:
    parsed = head(POST_LINE, "Content-Length: 3", CHUNKED)
    assert parsed.length is None
    assert "content-length" not in dict(parsed.headers)


@pytest.mark.parametrize(
    ("line", "headers", "status", "reason"),
    [
        ("nonsense", (), 400, Reason.BAD_VERSION),
        ("GET /", (), 400, Reason.BAD_VERSION),
        ("GET  HTTP/1.1", (), 400, Reason.BAD_URI),
        ("GET a/b HTTP/1.1", (), 400, Reason.BAD_URI),
        ("GET * HTTP/1.1", (), 400, Reason.BAD_URI),
        ("CONNECT a.example:443 HTTP/1.1", (), 400, Reason.BAD_URI),
        ("G(T / HTTP/1.1", (), 400, Reason.BAD_METHOD),
        (" GET / HTTP/1.1", (), 400, Reason.BAD_METHOD),
        ("GET / HTTP/2.0", (), 400, Reason.BAD_VERSION),
        ("GET / http/1.1", (), 400, Reason.BAD_VERSION),
        ("GET /\x00 HTTP/1.1", (), 400, Reason.BAD_URI),
        ("GET /\r HTTP/1.1", (), 400, Reason.BAD_URI),
        ("GET / HTTP/1.1\nX: 1", (), 400, Reason.BAD_URI),
        (GET_LINE, ("X-A: 1\nX-B: 2",), 400, Reason.BAD_HEADER),
        (GET_LINE, ("X-A: 1\rX-B: 2",), 400, Reason.BAD_HEADER),
        (GET_LINE, ("X-A: \x00",), 400, Reason.BAD_HEADER),
        (GET_LINE, ("X-A: 1", " folded"), 400, Reason.BAD_HEADER),
        (GET_LINE, ("X-A : 1",), 400, Reason.BAD_HEADER),
        (GET_LINE, ("Transfer-Encoding : chunked",), 400, Reason.BAD_HEADER),
        (GET_LINE, ("no colon",), 400, Reason.BAD_HEADER),
        (GET_LINE, ("Accept",), 400, Reason.BAD_HEADER),
        (GET_LINE, ("Host: b.example",), 400, Reason.BAD_HEADER),
        (POST_LINE, ("Content-Length: -1",), 400, Reason.BAD_CONTENT_LENGTH),
        (POST_LINE, ("Content-Length: +1",), 400, Reason.BAD_CONTENT_LENGTH),
        (POST_LINE, ("Content-Length: 1_0",), 400, Reason.BAD_CONTENT_LENGTH),
        (POST_LINE, ("Content-Length: 1, 1",), 400, Reason.BAD_CONTENT_LENGTH),
        (POST_LINE, ("Content-Length:",), 400, Reason.BAD_CONTENT_LENGTH),
        (POST_LINE, (f"Content-Length: {'9' * 5000}",), 400, Reason.BAD_CONTENT_LENGTH),
        (
            POST_LINE,
            ("Content-Length: 1", "Content-Length: 2"),
            400,
            Reason.MULTIPLE_CONTENT_LENGTH,
        ),
        (POST_LINE, ("Transfer-Encoding: gzip",), 501, Reason.BAD_TRANSFER_ENCODING),
        (POST_LINE, ("Transfer-Encoding: xchunked",), 501, Reason.BAD_TRANSFER_ENCODING),
        (POST_LINE, ("Transfer-Encoding: \x0bchunked",), 400, Reason.BAD_TRANSFER_ENCODING),
        (POST_LINE, ("Transfer-Encoding: chunked, identity",), 400, Reason.BAD_TRANSFER_ENCODING),
        (POST_LINE, (CHUNKED, CHUNKED), 400, Reason.MULTIPLE_TRANSFER_ENCODING_CHUNKED),
        (f"GET /{'x' * 16_400} HTTP/1.1", (), 414, None),
        (f"{'X' * 16_400} / HTTP/1.1", (), 400, None),
        (GET_LINE, (f"X-Long: {'x' * 16_400}",), 400, None),
        (GET_LINE, tuple(f"X-{n}: {'x' * 15_000}" for n in range(5)), 400, None),
        (GET_LINE, ("X: 1",) * 11_000, 400, None),
    ],
)
def test_an_invalid_or_ambiguous_head_is_refused(
    line: str, headers: tuple[str, ...], status: int, reason: Reason | None
) -> None:
    error = refused(line, *headers)
    assert (error.status, error.classification_reason) == (status, reason)


def test_only_http_1_0_needs_no_host() -> None:
    with pytest.raises(RefusedError):
        parse_head(b"GET / HTTP/1.1")
    assert parse_head(b"GET / HTTP/1.0").headers == ()


@pytest.mark.parametrize(
    ("mode", "blocked", "closed"),
    [
        ("monitor", set[Classification](), set[Classification]()),
        ("defensive", {Classification.SEVERE}, {Classification.AMBIGUOUS, Classification.SEVERE}),
        (
            "strictest",
            {Classification.ACCEPTABLE, Classification.AMBIGUOUS, Classification.SEVERE},
            {Classification.AMBIGUOUS, Classification.SEVERE},
        ),
    ],
)
def test_the_desync_mode_decides_what_is_blocked_and_closed(
    mode: str, blocked: set[Classification], closed: set[Classification]
) -> None:
    for reason in Reason:
        assert is_blocked(reason, mode) is (reason.classification in blocked)
        assert must_close(reason, mode) is (reason.classification in closed)
    assert not is_blocked(None, mode)
    assert not must_close(None, mode)


POST = b"POST /a HTTP/1.1\r\nHost: a\r\n"
LENGTH = POST + b"Content-Length: 5\r\n\r\nhello"
CHUNKS = (
    POST
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + b'2;name="value"\r\nhe\r\n03\r\nllo\r\n0\r\nX-Trailer: 1\r\n\r\n'
)


@pytest.mark.parametrize("sent", [LENGTH, CHUNKS, b"\r\n\r\n" + LENGTH])
def test_a_body_does_not_depend_on_the_pieces_it_arrives_in(sent: bytes) -> None:
    size = len(sent.lstrip())
    cuts = [[sent], [sent[n : n + 1] for n in range(len(sent))]]
    cuts += [[sent[:n], sent[n:]] for n in range(1, len(sent))]
    for pieces in cuts:
        (received,) = read(*pieces)
        assert received.body == b"hello"
        assert received.received_bytes == size


def test_bytes_after_a_request_are_the_next_one() -> None:
    plain = b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n"
    received = read(LENGTH + CHUNKS + plain + LENGTH[:-1], b"o")
    assert [received.head.target for received in received] == ["/a", "/a", "/b", "/a"]
    assert [received.body for received in received] == [b"hello", b"hello", b"", b"hello"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"zz\r\n", 400),
        (b"0x1\r\na\r\n", 400),
        (b"-1\r\n", 400),
        (b"1_0\r\n", 400),
        (b"\r\n", 400),
        (b"1\na\r\n", 400),
        (b"1\r\nab\r\n", 400),
        (b"1\r\na\n\n", 400),
        (b"1;" + b"x" * 20_000, 400),
        (b"0\r\nno colon\r\n\r\n", 400),
        (b"0\r\n" + b"X-Trailer: 1\r\n" * 6_000, 400),
        (b"100001\r\n", 413),
        (b"10000000000000000\r\n", 400),
        ((b"80000\r\n" + b"x" * 0x80000 + b"\r\n") * 2 + b"1\r\n", 413),
    ],
)
def test_invalid_chunks_are_refused(body: bytes, status: int) -> None:
    with pytest.raises(RefusedError) as caught:
        read(POST + b"Transfer-Encoding: chunked\r\n\r\n" + body)
    assert caught.value.status == status


def test_a_body_of_a_megabyte_is_taken_and_one_byte_more_is_not() -> None:
    (received,) = read(POST + b"Content-Length: 1048576\r\n\r\n", b"x" * 1_048_576)
    assert len(received.body) == 1_048_576
    with pytest.raises(RefusedError) as caught:
        read(POST + b"Content-Length: 1048577\r\n\r\n")
    assert caught.value.status == 413


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"x" * 17_000, 414),
        (b"X" * 17_000, 400),
        (b"GET / HTTP/1.1\r\n" + b"X-A: 1\r\n" * 9_000, 400),
        (b"GET / HTTP/1.1\nHost: a\n\n", 400),
        (b"\r\n" * 100, 400),
    ],
)
def test_an_incomplete_head_that_cannot_become_valid_is_refused(sent: bytes, status: int) -> None:
    with pytest.raises(RefusedError) as caught:
        read(sent)
    assert caught.value.status == status


def test_a_client_is_told_once_that_it_take_continue() -> None:
    reader = RequestReader()
    reader.feed(POST + b"Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n")
    assert reader.next_request() is None
    assert [reader.take_continue(), reader.take_continue()] == [True, False]
    reader.feed(b"ok")
    received = reader.next_request()
    assert received is not None
    assert received.body == b"ok"


def test_100_continue_is_not_sent_to_a_client_that_sends_its_body() -> None:
    reader = RequestReader()
    reader.feed(POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\no")
    assert reader.next_request() is None
    assert not reader.take_continue()


FRAGMENTS = st.sampled_from(
    b"GET |/a| HTTP/1.1|\r\n|Host: a|Content-Length: 3|:| |\t|Transfer-Encoding: chunked"
    b"|3\r\nabc\r\n|0\r\n\r\n|\n|\r|\0|\xff".split(b"|")
)


@given(st.lists(st.one_of(st.binary(max_size=20), FRAGMENTS), max_size=40))
def test_any_bytes_are_a_request_or_refused(pieces: list[bytes]) -> None:
    try:
        together = read(b"".join(pieces))
    except RefusedError as error:
        assert error.status in {400, 413, 414, 501}
    else:
        assert read(*pieces) == together
