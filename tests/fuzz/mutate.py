"""Ways to damage a file: blindly, byte by byte, or knowing where its lengths, names and numbers stand."""

from __future__ import annotations

import json
import math
import random
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Mutation = Callable[[random.Random, bytes], bytes]
"""One change of a content."""

INTEGERS = sorted(
    {0, 1, 2, 3, 7, 8, 16, 100, 255, 256, 1000, 4095, 4096, 65_535, 65_536, 20_000, 10**6, 10**9, 2**53, 2**60}
    | {2**bits + more for bits in (7, 15, 31, 32, 63) for more in (-1, 0, 1)}
    | {2**64 - 1, 2**64 - 8}
)
"""At which programs break."""

TOKENS = (
    *(b"\0", b"\0" * 40, b"\xff", b"\x80", b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc0\x80"),
    *(b"\x1b[2J", b"\x9b", "\x9b\u202e\u2066\u200b\u200d\ufeff\u3164\U000e0041".encode(), "e\u0301🇨🇳".encode()),
    *(b"\r\n", b"\n", b"\t", b"   ", b'"', b"{", b"}", b"[", b"]", b"\\", b"../", b"%s", b"{}", b"-", b"9" * 400),
    *(b"null", b"true", b"NaN", b"1e999", b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"\x80\x04\x95"),
)
"""What means something somewhere."""


def mutants(
    seeds: Sequence[bytes], count: int, seed: int, special: Sequence[Mutation] = (), share: float = 0.5
) -> Iterator[bytes]:
    """Damaged contents, the same for the same arguments.

    Args:
        seeds: good contents.
        count: how many to make.
        seed: of the chances.
        special: mutations that know the format.
        share: of the mutations that are special, if there are any.
    """
    rng = random.Random(seed)
    for _ in range(count):
        content = rng.choice(seeds)
        for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
            known = special and rng.random() < share
            content = rng.choice(special if known else BLIND)(rng, content)
        yield content


def _place(rng: random.Random, content: bytes) -> int:
    """Anywhere, but every other time near one of the ends, where headers and directories stand."""
    where = rng.random()
    if where < 0.25:
        return rng.randrange(min(len(content), 64) + 1)
    if where < 0.5:
        return max(0, len(content) - rng.randrange(min(len(content), 64) + 1))
    return rng.randrange(len(content) + 1)


def flip_bits(rng: random.Random, content: bytes) -> bytes:
    """One bit, or some, each somewhere."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8)) if content else 0):
        changed[min(_place(rng, content), len(content) - 1)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def set_byte(rng: random.Random, content: bytes) -> bytes:
    """One byte becomes another."""
    place = _place(rng, content)
    return content[:place] + bytes([rng.randrange(256)]) + content[place + 1 :]


def truncate(rng: random.Random, content: bytes) -> bytes:
    """The end is missing."""
    return content[: _place(rng, content)]


def remove(rng: random.Random, content: bytes) -> bytes:
    """A piece is missing."""
    place = _place(rng, content)
    return content[:place] + content[place + rng.choice((1, 2, 4, 40, 400)) :]


def insert(rng: random.Random, content: bytes) -> bytes:
    """A piece that means something, or noise, comes in."""
    place = _place(rng, content)
    return content[:place] + rng.choice((*TOKENS, rng.randbytes(rng.choice((1, 8, 300))))) + content[place:]


def duplicate(rng: random.Random, content: bytes) -> bytes:
    """A piece comes several times."""
    place, length = _place(rng, content), rng.choice((1, 3, 16, 256))
    return content[:place] + content[place : place + length] * rng.choice((2, 2, 9, 100)) + content[place:]


def splice(rng: random.Random, content: bytes) -> bytes:
    """A piece of another place."""
    here, there, length = _place(rng, content), _place(rng, content), rng.choice((2, 30, 500))
    return content[:here] + content[there : there + length] + content[here + length :]


def set_integer(rng: random.Random, content: bytes) -> bytes:
    """A number at which programs break, in one of the widths they have, little-endian or big-endian."""
    width = rng.choice((1, 2, 4, 8))
    number = rng.choice(INTEGERS) % (1 << 8 * width)
    place = max(0, min(_place(rng, content), len(content) - width))
    return content[:place] + number.to_bytes(width, rng.choice(("little", "big"))) + content[place + width :]


BLIND: tuple[Mutation, ...] = (flip_bits, set_byte, truncate, remove, insert, duplicate, splice, set_integer)

ZIP_FIELDS: dict[bytes, tuple[tuple[int, int], ...]] = {
    b"PK\x03\x04": ((4, 2), (6, 2), (8, 2), (10, 4), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)),
    b"PK\x01\x02": (
        *((4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 4), (24, 4)),
        *((28, 2), (30, 2), (32, 2), (34, 2), (36, 2), (38, 4), (42, 4)),
    ),
    b"PK\x05\x06": ((4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)),
    b"PK\x06\x06": ((4, 8), (12, 2), (14, 2), (16, 4), (20, 4), (24, 8), (32, 8), (40, 8), (48, 8)),
    b"PK\x06\x07": ((4, 4), (8, 8), (16, 4)),
    b"PK\x07\x08": ((4, 4), (8, 4), (12, 4)),
}
"""Where the fields of each header of a zip archive stand, and their widths, by the header's signature."""


def set_zip_field(rng: random.Random, content: bytes) -> bytes:
    """One field of one header gets a number at which programs break, or one near to what it was."""
    headers = [
        match.start() for match in re.finditer(rb"PK(?:\x03\x04|\x01\x02|\x05\x06|\x06\x06|\x06\x07|\x07\x08)", content)
    ]
    if not headers:
        return flip_bits(rng, content)
    start = rng.choice(headers)
    offset, width = rng.choice(ZIP_FIELDS[content[start : start + 4]])
    place = start + offset
    old = int.from_bytes(content[place : place + width], "little")
    number = rng.choice((rng.choice(INTEGERS), old + 1, old - 1, old ^ 8, old ^ 1)) % (1 << 8 * width)
    return content[:place] + number.to_bytes(width, "little") + content[place + width :]


INNER = object()
"""In a path: the JSON that a string holds."""
GONE = object()
"""In place of a value: the name is missing."""


def _deep(levels: int) -> Any:
    nested: Any = []
    for _ in range(levels):
        nested = [nested]
    return nested


VALUES: tuple[Any, ...] = (
    *(GONE, None, True, False, 0, 1, -1, 2, 7, 2**31, 2**53, 2**60, 2**63, 2**64, 10**400, -(2**63)),
    *(0.5, -0.0, 1e-320, 1e308, math.nan, math.inf, -math.inf),
    *("", " ", "x", "1", "\0", "\x1b[2J\u202e\u2066", "\ud800", "é" * 5_000, "9" * 5_000, "../../etc/passwd"),
    *([], [[]], [0], [2**60], [2**32, 2**32], [0, 2**60], [-1, 1], [None], _deep(300), ["x"] * 1_000),
    *({}, {"a": None}, {"": {}}, {"dtype": "F32", "shape": [2**60], "data_offsets": [0, 2**60]}),
    *("F64", "F16", "BF16", "I64", "U8", "BOOL", "F8_E4M3", "C64"),
)
"""Every type of JSON, with the values at which programs break."""

Path = tuple[Any, ...]


def places(node: Any, path: Path = ()) -> Iterator[Path]:
    """The path of each value in a JSON tree, also of those within a string that is JSON itself."""
    yield path
    if isinstance(node, dict):
        for name, child in node.items():
            yield from places(child, (*path, name))
    elif isinstance(node, list):
        for i, child in enumerate(node):
            yield from places(child, (*path, i))
    elif isinstance(node, str) and (inner := _inner(node)) is not None:
        yield from places(inner, (*path, INNER))


def replaced(node: Any, path: Path, value: Any) -> Any:
    """The tree with another value at a path; ``GONE`` takes it away."""
    if not path:
        return None if value is GONE else value
    head, rest = path[0], path[1:]
    if head is INNER:
        return json.dumps(replaced(_inner(node), rest, value))
    copy = dict(node) if isinstance(node, dict) else list(node)
    if value is GONE and not rest:
        del copy[head]
    else:
        copy[head] = replaced(copy[head], rest, value)
    return copy


def _inner(text: str) -> Any:
    """The JSON object or list that a string holds, or None."""
    try:
        inner = json.loads(text) if text[:1] in ("{", "[") else None
    except (ValueError, RecursionError):
        return None
    return inner


def split_safetensors(content: bytes) -> tuple[str, bytes] | None:
    """The JSON header and the tensors' bytes, or None if the file is too damaged for that."""
    size = int.from_bytes(content[:8], "little")
    try:
        return (content[8 : 8 + size].decode(), content[8 + size :]) if 8 + size <= len(content) else None
    except ValueError:
        return None


def join_safetensors(header: str, data: bytes) -> bytes:
    """A file of a header and the tensors' bytes."""
    encoded = header.encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(encoded)) + encoded + data


def damaged_headers(content: bytes) -> Iterator[bytes]:
    """A .safetensors file with each value of its header in turn replaced by each of ``VALUES``."""
    header, data = split_safetensors(content) or ("{}", b"")
    tree = json.loads(header)
    for path in places(tree):
        for value in VALUES:
            yield join_safetensors(json.dumps(replaced(tree, path, value)), data)


def set_header_value(rng: random.Random, content: bytes) -> bytes:
    """One value of a .safetensors header becomes another."""
    parts = split_safetensors(content)
    tree = _inner(parts[0]) if parts else None
    if parts is None or tree is None:
        return flip_bits(rng, content)
    path, value = rng.choice(list(places(tree))), rng.choice((*VALUES, rng.choice(INTEGERS)))
    return join_safetensors(json.dumps(replaced(tree, path, value)), parts[1])


def double_name(rng: random.Random, content: bytes) -> bytes:
    """One name of a .safetensors header, or of the JSON within it, comes twice."""
    parts = split_safetensors(content)
    names = list(re.finditer(r'(\\*)"([\w.]+)\1": ?', parts[0])) if parts else []
    if parts is None or not names:
        return splice(rng, content)
    found = rng.choice(names)
    value = rng.choice(("null", "1", "[]", "{}", f'{found[1]}"x{found[1]}"'))
    header = parts[0][: found.start()] + found[0] + value + ", " + parts[0][found.start() :]
    return join_safetensors(header, parts[1])


def cut_header(rng: random.Random, content: bytes) -> bytes:
    """A header that is damaged as text, with its length right."""
    parts = split_safetensors(content)
    if parts is None:
        return truncate(rng, content)
    damaged = rng.choice(BLIND)(rng, parts[0].encode())
    return struct.pack("<Q", len(damaged)) + damaged + parts[1]


def set_header_length(rng: random.Random, content: bytes) -> bytes:
    """Another length of the header than it has."""
    old = int.from_bytes(content[:8], "little")
    length = rng.choice((rng.choice(INTEGERS), old + 1, old - 1, len(content), len(content) - 8)) % (1 << 64)
    return length.to_bytes(8, "little") + content[8:]


SAFETENSORS: tuple[Mutation, ...] = (
    *(set_header_value, set_header_value, set_header_value),
    *(double_name, cut_header, set_header_length),
)
