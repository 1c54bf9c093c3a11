from __future__ import annotations

import base64

from local_aws.lambda_runtime.tail import TAIL_BYTES, Tail


def test_a_short_log_is_kept_whole() -> None:
    tail = Tail()
    tail.write("one\n")
    tail.write("zwölf\n")
    assert base64.b64decode(tail.encoded()).decode() == "one\nzwölf\n"


def test_of_a_long_log_the_last_bytes_are_kept() -> None:
    tail = Tail()
    for number in range(10_000):
        tail.write(f"line {number}\n")
    assert len(tail.content) == TAIL_BYTES
    assert tail.content.endswith(b"line 9999\n")
    tail.write("x" * 3 * TAIL_BYTES)
    assert tail.content == b"x" * TAIL_BYTES


def test_what_another_has_kept_can_follow() -> None:
    first, second = Tail(), Tail()
    first.write("a")
    second.write("b")
    first.follow(second)
    assert first.content == b"ab"
