"""Names of objects: readable, valid for any pool's or group's name, and never the same twice."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

_OTHER = re.compile(r"[^a-z0-9]+")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
MAX_LENGTH = 63
"""Of a DNS label (RFC 1123), which a namespace and the last part of a resource's name are."""


def object_name(kind: str, name: str, id: int) -> str:
    """ "research-1f": what people call it, and its id, by which no two are the same.

    The last part has no dash, so names are equal only where ids are. `kind` where nothing of the
    name can be written in ASCII.
    """
    end = f"-{_base36(id)}"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    begin = _OTHER.sub("-", plain).strip("-")[: MAX_LENGTH - len(end)].strip("-")
    if not begin or begin[0].isdigit():  # some names must begin with a letter (RFC 1035)
        begin = f"{kind}-{begin}".strip("-")[: MAX_LENGTH - len(end)].strip("-")
    return begin + end


def identity(id: int, created_at: datetime) -> str:
    """As a label's value. An id that a database gives out again is another's."""
    return f"{id}-{int(created_at.timestamp())}"


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, last = divmod(number, 36)
        digits = _DIGITS[last] + digits
    return digits or "0"
