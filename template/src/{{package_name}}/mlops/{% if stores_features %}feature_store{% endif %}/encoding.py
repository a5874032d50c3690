"""Feast's layout of an online store, so that the service need not import Feast: keys of entities, and values.

Importing Feast takes seconds and brings pandas and Arrow; a test holds each function against Feast's own.
"""

import struct
from typing import Any

STRING, INT64 = 2, 4  # feast.types.ValueType


def entity_key(name: str, value: str | int) -> bytes:
    """Returns the key of an entity, as Feast's version 3 serializes it."""
    join = name.encode()
    kind, raw = (STRING, value.encode()) if isinstance(value, str) else (INT64, struct.pack("<q", value))
    parts = (struct.pack("<III", 1, STRING, len(join)), join, struct.pack("<II", kind, len(raw)), raw)
    return b"".join(parts)


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """Returns the number that begins there, and the place after it."""
    found = shift = 0
    while True:
        byte = raw[at]
        at += 1
        found |= (byte & 0x7F) << shift
        if byte < 0x80:
            return found, at
        shift += 7


def value(raw: bytes) -> Any:
    """Returns a value of `feast.types.Value`: text, integer, float or boolean; None if it is null.

    Raises:
        ValueError: It is of another type.
    """
    if not raw:
        return None
    match raw[0]:
        case 0x12:
            size, at = _varint(raw, 1)
            return raw[at : at + size].decode()
        case 0x20:
            found, _ = _varint(raw, 1)
            return found - (1 << 64) if found >= 1 << 63 else found
        case 0x29:
            return struct.unpack_from("<d", raw, 1)[0]
        case 0x38:
            return raw[1] != 0
        case 0x98:  # null_val
            return None
    raise ValueError(f"a value of the online store has an unknown type ({raw[0]})")


def seconds(raw: bytes) -> float:
    """Returns a `google.protobuf.Timestamp` as seconds since 1970."""
    found, at = 0.0, 0
    while at < len(raw):
        tag = raw[at]
        number, at = _varint(raw, at + 1)
        found += number if tag == 0x08 else number / 1e9
    return found
