from __future__ import annotations

import base64

from local_aws.lambda_runtime.invocation import TAIL_BYTES, LogTail


def test_the_tail_of_a_short_log_is_the_whole_log() -> None:
    tail = LogTail()
    tail.write("one\n")
    tail.write("zwölf\n")
    assert base64.b64decode(tail.encoded()).decode() == "one\nzwölf\n"


def test_the_tail_of_a_long_log_is_its_last_bytes() -> None:
    tail = LogTail()
    for number in range(1_000):
        tail.write(f"line {number}\n")
    assert len(tail.content) == TAIL_BYTES
    assert tail.content.endswith(b"line 999\n")
    tail.write("x" * 3 * TAIL_BYTES)
    assert tail.content == b"x" * TAIL_BYTES
