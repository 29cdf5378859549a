"""Password hashes: argon2id, off the event loop, two at a time, the same for unknown names."""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

MAX_LENGTH = 1024
"""Characters; argon2 would hash megabytes, and a person would not type them."""

_hasher = PasswordHasher()  # argon2id, RFC 9106's second recommendation: 64 MiB, 3 passes, 4 lanes
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
"""Bounds memory and cores: a flood of sign-ins waits here, and nothing else does."""


def generate_password() -> str:
    """120 random bits, as text that can be typed."""
    return secrets.token_urlsafe(15)


async def hash_password(password: str) -> str:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, _hasher.hash, password)


async def is_password(password: str, password_hash: str | None) -> bool:
    """Whether `password` has this hash; against null the same work is done, and it has not."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, _matches, password, password_hash)


def _matches(password: str, password_hash: str | None) -> bool:
    nobodys = _nobodys_hash()  # made on the first sign-in of all, not on the first unknown name
    try:
        matched = _hasher.verify(password_hash or nobodys, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return matched and password_hash is not None


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe())
