"""What a token looks like: `qm_`, 256 random bits, and a checksum of them, all in base 62.

The prefix lets scanners of code find one that was published; the checksum tells a mistyped one
from a guessed one, and both from a real one, without asking the database.
"""

from __future__ import annotations

import secrets
import string
import zlib

PREFIX = "qm_"
RANDOM_BYTES = 32
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH = 43
"""Digits that hold 256 bits."""
CHECKSUM_LENGTH = 6
LENGTH = len(PREFIX) + RANDOM_LENGTH + CHECKSUM_LENGTH


def make_secret() -> str:
    number = int.from_bytes(secrets.token_bytes(RANDOM_BYTES))
    random = _in_base_62(number, RANDOM_LENGTH)
    return PREFIX + random + _checksum(random)


def is_well_formed(secret: str) -> bool:
    if len(secret) != LENGTH or not secret.startswith(PREFIX) or not secret.isascii():
        return False
    random = secret[len(PREFIX) : -CHECKSUM_LENGTH]
    return secrets.compare_digest(_checksum(random), secret[-CHECKSUM_LENGTH:])


def _checksum(text: str) -> str:
    return _in_base_62(zlib.crc32(text.encode()), CHECKSUM_LENGTH)


def _in_base_62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(DIGITS))
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))
