"""Secrets that have to be used again, and so cannot be hashed: encrypted wherever they are kept.

AES-256-GCM under a key that the database does not hold. What is sealed names its key, so that a
key can be replaced while old values are still there, and is bound to its purpose, so that none can
be put in the place of another.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.database import Row

VERSION = "v1"
KEY_LENGTH = 32
NONCE_BYTES = 12  # NIST SP 800-38D, section 5.2.1.1


class Unsealable(Exception):
    """Sealed under another key, for another purpose, or altered since."""


class Secret:
    """A text that no log, traceback or command's fingerprint repeats."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        """By value, as a fingerprint needs it, and telling nothing."""
        return f"Secret({hashlib.sha256(self._text.encode()).hexdigest()[:32]})"


class Vault:
    def __init__(self, *keys: str) -> None:
        """The first of `keys`, of KEY_LENGTH or more characters each, seals; all open."""
        self._ciphers = {key_id(key): AESGCM(_derived(key, b"seal")) for key in reversed(keys)}
        self.key_id = key_id(keys[0])

    def seal(self, secret: Secret, purpose: str) -> str:
        nonce = os.urandom(NONCE_BYTES)
        cipher = self._ciphers[self.key_id]
        sealed = cipher.encrypt(nonce, secret.reveal().encode(), purpose.encode())
        text = base64.urlsafe_b64encode(nonce + sealed).decode()
        return f"{VERSION}.{self.key_id}.{text}"

    def open(self, sealed: str, purpose: str) -> Secret:
        """Raises: Unsealable."""
        version, _, rest = sealed.partition(".")
        named, _, text = rest.partition(".")
        if version != VERSION or named not in self._ciphers:
            raise Unsealable
        try:
            raw = base64.urlsafe_b64decode(text)
            nonce, encrypted = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
            return Secret(self._ciphers[named].decrypt(nonce, encrypted, purpose.encode()).decode())
        except (InvalidTag, ValueError):
            raise Unsealable from None

    def is_newest(self, sealed: str) -> bool:
        """Whether it is under the key that seals now."""
        return sealed.startswith(f"{VERSION}.{self.key_id}.")


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """Where an area keeps what it has sealed: a text, or in JSON a text for each name.

    `purpose`: of a row's secret, by its name in JSON, else "".
    """

    table: str
    column: str
    purpose: Callable[[Row, str], str]
    is_json: bool = False


def key_id(key: str) -> str:
    """Names a key and tells nothing of it."""
    return _derived(key, b"id").hex()[:8]


def _derived(key: str, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"quartermaster " + use).derive(
        key.encode()
    )


_find: Callable[[], Vault | None] = lambda: None  # noqa: E731


def open_vault(*keys: str) -> None:
    """For this process, as its database is; without a key it keeps no such secrets."""
    opened = Vault(*keys) if keys else None
    open_vault_by(lambda: opened)


def open_vault_by(find: Callable[[], Vault | None]) -> None:
    """The same, where the keys may be others later."""
    global _find
    _find = find


def vault() -> Vault | None:
    """To open what was read from a table, ask for it after that: it knows the newest key then."""
    return _find()
