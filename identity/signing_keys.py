"""The public keys of a provider (its `jwks_uri`), read again when a token names an unknown one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from identity.backend import Failed
from identity.requests import Provider

STEP = "keys"
AGAIN_AFTER_SECONDS = 60.0
"""Whoever comes with made-up key ids makes us ask no more often."""
OLD_AFTER_SECONDS = 3600.0
"""A key that the provider has withdrawn counts no longer than that."""
MOST_KEYS = 100
RSA_BITS = 2048
KINDS: dict[str, type[Key]] = {
    "RS256": RSAKey,
    "PS256": RSAKey,
    "ES256": ECKey,
    "EdDSA": OKPKey,
    "Ed25519": OKPKey,
}
CURVES = {"ES256": "P-256", "EdDSA": "Ed25519", "Ed25519": "Ed25519"}


class KeySet(msgspec.Struct, frozen=True):
    keys: list[dict[str, Any]]


class SigningKeys:
    def __init__(
        self, provider: Provider, url: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._provider = provider
        self._url = url
        self._clock = clock
        self._keys: Sequence[dict[str, Any]] = ()
        self._read_at: float | None = None
        self._reading = asyncio.Lock()

    async def find(self, algorithm: str, key_id: str | None) -> Key:
        """The one key that it can be. Raises: Failed."""
        async with self._reading:
            if self._age() > OLD_AFTER_SECONDS:
                await self._read()
            found = self._suitable(algorithm, key_id)
            if not found and self._age() > AGAIN_AFTER_SECONDS:
                await self._read()
                found = self._suitable(algorithm, key_id)
        if len(found) != 1:
            raise Failed(STEP, "The provider has no such key, or several that it could be.")
        return found[0]

    async def read(self) -> int:
        """How many keys there are that can be used. Raises: Failed."""
        async with self._reading:
            await self._read()
        usable = sum(any(_key(given, each) for each in KINDS) for given in self._keys)
        if not usable:
            raise Failed(STEP, "The provider has no key by which a token could be checked.")
        return usable

    async def _read(self) -> None:
        answer = await self._provider.get(STEP, self._url)
        self._keys = self._provider.read(STEP, answer, KeySet).keys[:MOST_KEYS]
        self._read_at = self._clock()

    def _age(self) -> float:
        return float("inf") if self._read_at is None else self._clock() - self._read_at

    def _suitable(self, algorithm: str, key_id: str | None) -> list[Key]:
        named = [each for each in self._keys if key_id is None or each.get("kid") == key_id]
        return [key for key in (_key(each, algorithm) for each in named) if key is not None]


def _key(given: dict[str, Any], algorithm: str) -> Key | None:
    """None: not for this algorithm, not for signatures, or too weak."""
    kind = KINDS[algorithm]
    if given.get("kty") != kind.key_type or given.get("use", "sig") != "sig":
        return None
    if given.get("alg", algorithm) != algorithm or "verify" not in given.get("key_ops", ["verify"]):
        return None
    if algorithm in CURVES and given.get("crv") != CURVES[algorithm]:
        return None
    try:
        key = kind.import_key({k: v for k, v in given.items() if isinstance(v, str)})
        if isinstance(key, RSAKey) and key.public_key.key_size < RSA_BITS:
            return None
    except (JoseError, ValueError, TypeError):
        return None
    return key
