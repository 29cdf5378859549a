"""Global ids (GraphQL Global Object Identification): base64 of "Type:number"."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence


def global_id(type_name: str, number: int) -> str:
    return base64.b64encode(f"{type_name}:{number}".encode()).decode()


def parse_id(value: str) -> tuple[str, int] | None:
    """Type name and number; None for anything that is no id of ours."""
    try:
        type_name, _, number = base64.b64decode(value, validate=True).decode().partition(":")
        return (type_name, int(number)) if number.isdecimal() and number.isascii() else None
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None


def numbers(values: Sequence[str] | None, type_name: str) -> frozenset[int] | None:
    """The numbers of ids of one type, None for no filter; an id of another type matches nothing."""
    if values is None:
        return None
    parsed = (parse_id(value) for value in values)
    return frozenset(found[1] for found in parsed if found is not None and found[0] == type_name)
