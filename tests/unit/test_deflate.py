from __future__ import annotations

import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terrarium.deflate import deflate

_PHRASES = st.lists(st.sampled_from([b"the same ", b"again ", b"\xff\x00", b"x" * 300]))


@given(st.binary())
def test_zlib_gives_back_any_bytes(data: bytes) -> None:
    assert zlib.decompress(deflate(data), -15) == data


@given(_PHRASES.map(b"".join))
def test_zlib_gives_back_what_repeats_itself(data: bytes) -> None:
    assert zlib.decompress(deflate(data), -15) == data


@pytest.mark.parametrize("gap", [0, 1, 32_000, 32_767, 32_768, 32_769, 40_000])
def test_a_repetition_is_found_as_far_back_as_the_format_reaches(gap: int) -> None:
    noise = b"".join(number.to_bytes(4, "big") for number in range(10_001))[:gap]
    data = b"abcdefgh" + noise + b"abcdefgh"
    assert zlib.decompress(deflate(data), -15) == data


@pytest.mark.parametrize("length", [3, 4, 10, 11, 18, 31, 34, 130, 131, 257, 258, 259, 600])
def test_every_length_of_a_repetition_is_written_right(length: int) -> None:
    data = b"a" * (length + 1)
    assert zlib.decompress(deflate(data), -15) == data


def test_source_code_shrinks_to_hardly_more_than_the_best_zlib_can_do() -> None:
    source = Path(sys.modules[deflate.__module__].__file__ or "").read_bytes()
    assert len(deflate(source)) < 1.25 * len(zlib.compress(source, 9))


@pytest.mark.parametrize(
    ("data", "packed"),
    [
        (b"", "0300"),
        (b"a", "4b0400"),
        (b"aaaaaaaaaa", "4b840300"),
        (b"abcabcabcd", "4b4c4a86a01400"),
    ],
)
def test_the_bytes_never_change(data: bytes, packed: str) -> None:
    assert deflate(data).hex() == packed
