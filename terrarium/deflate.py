"""Deflate that gives the same bytes on every machine (RFC 1951).

What zlib makes of the same input depends on which zlib it is: the classic one, zlib-ng and those of
distributions look for repetitions differently. This looks in one way only, and uses the format's
fixed Huffman codes: a sixth larger than the best there is, and little enough to read.

The standard library alone and no newer syntax than Python 3.8's, as :mod:`terrarium.package` needs.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Iterator  # noqa: UP035 - 3.8

_SHORTEST, _LONGEST = 3, 258
_LONG_ENOUGH = 32
_WINDOW = 32_768
_CANDIDATES = 16
"""Earlier places that are looked at; with more the zip takes longer and is hardly smaller."""

_END = 256

# Section 3.2.5: the least length and distance of each code, and how many extra bits follow it.
_LENGTHS = (
    *(3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99),
    *(115, 131, 163, 195, 227, 258),
)
_LENGTH_BITS = (0,) * 8 + (1,) * 4 + (2,) * 4 + (3,) * 4 + (4,) * 4 + (5,) * 4 + (0,)
_DISTANCE_BITS = (0, 0, *(n // 2 for n in range(28)))
_DISTANCES = (1, *(1 + sum(2**bits for bits in _DISTANCE_BITS[:n]) for n in range(1, 30)))


def deflate(data: bytes) -> bytes:
    """One block; ``zlib.decompress(result, -15)`` gives ``data`` back."""
    pending, width = 0b011, 3  # the last block, of fixed codes
    packed = bytearray()
    for bits, length in _fields(data):
        pending |= bits << width
        width += length
        while width >= 8:
            packed.append(pending & 255)
            pending >>= 8
            width -= 8
    if width:
        packed.append(pending)
    return bytes(packed)


def _fields(data: bytes) -> Iterator[tuple[int, int]]:
    """Values with their widths; the first bit to write is the lowest."""
    for length, distance in _tokens(data):
        if not distance:
            yield _SYMBOLS[length]
            continue
        code = bisect_right(_LENGTHS, length) - 1
        yield _SYMBOLS[_END + 1 + code]
        yield length - _LENGTHS[code], _LENGTH_BITS[code]
        code = bisect_right(_DISTANCES, distance) - 1
        yield _reversed(code, 5), 5
        yield distance - _DISTANCES[code], _DISTANCE_BITS[code]
    yield _SYMBOLS[_END]


def _tokens(data: bytes) -> Iterator[tuple[int, int]]:
    """Repetitions as (length, distance), other bytes as (byte, 0).

    A repetition gives way to a longer one that begins at the next byte.
    """
    seen: dict[bytes, list[int]] = {}
    position = 0
    while position < len(data):
        length, distance = _repetition(data, position, seen)
        _remember(data, position, seen)
        if length and length < _LONG_ENOUGH:
            longer, _ = _repetition(data, position + 1, seen)
            if longer > length:
                length = 0
        if not length:
            yield data[position], 0
            position += 1
            continue
        yield length, distance
        for skipped in range(position + 1, position + length):
            _remember(data, skipped, seen)
        position += length


def _remember(data: bytes, position: int, seen: dict[bytes, list[int]]) -> None:
    seen.setdefault(data[position : position + _SHORTEST], []).append(position)


def _repetition(data: bytes, position: int, seen: dict[bytes, list[int]]) -> tuple[int, int]:
    """The longest one, as (length, distance), of what begins here; (0, 0) for none."""
    most = min(_LONGEST, len(data) - position)
    best, distance = 0, 0
    if most < _SHORTEST:
        return best, distance
    places = seen.get(data[position : position + _SHORTEST], [])
    for place in reversed(places[-_CANDIDATES:]):
        if position - place > _WINDOW or best == most:
            break
        if data[place + best] != data[position + best]:
            continue
        length = _SHORTEST
        while length < most and data[place + length] == data[position + length]:
            length += 1
        if length > best:
            best, distance = length, position - place
    return best, distance


def _reversed(code: int, width: int) -> int:
    """Huffman codes are written from their highest bit."""
    return int(f"{code:0{width}b}"[::-1], 2)


def _symbol(number: int) -> tuple[int, int]:
    """Code and width of a fixed symbol (section 3.2.6)."""
    for first, code, width in ((280, 0xC0, 8), (256, 0, 7), (144, 0x190, 9), (0, 0x30, 8)):
        if number >= first:
            return _reversed(code + number - first, width), width
    raise ValueError(number)


_SYMBOLS = tuple(_symbol(number) for number in range(286))
