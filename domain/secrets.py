"""Secrets that have to be used again, and so cannot be hashed: encrypted wherever they are kept.

AES-256-GCM under a key that the database does not hold. What is sealed names its key, so that a
key can be replaced while old values are still there, and is bound to its purpose, so that none can
be put in the place of another.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = "v1"
NONCE_BYTES = 12  # NIST SP 800-38D, section 5.2.1.1
KEY_FILE = "secret.key"


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
    def __init__(self, key: str) -> None:
        """`key`: 32 characters or more, of whatever kind."""
        self._cipher = AESGCM(_derived(key, b"seal"))
        self._key_id = _derived(key, b"id").hex()[:8]

    def seal(self, secret: Secret, purpose: str) -> str:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, secret.reveal().encode(), purpose.encode())
        text = base64.urlsafe_b64encode(nonce + sealed).decode()
        return f"{VERSION}.{self._key_id}.{text}"

    def open(self, sealed: str, purpose: str) -> Secret:
        """Raises: Unsealable."""
        version, _, rest = sealed.partition(".")
        key_id, _, text = rest.partition(".")
        if version != VERSION or key_id != self._key_id:
            raise Unsealable
        try:
            raw = base64.urlsafe_b64decode(text)
            nonce, encrypted = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
            return Secret(self._cipher.decrypt(nonce, encrypted, purpose.encode()).decode())
        except (InvalidTag, ValueError):
            raise Unsealable from None


def key_of_folder(folder: Path) -> str:
    """The installation's own key, made at the first start; only its owner reads the file."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / KEY_FILE
    made = file.with_name(f"{KEY_FILE}.{os.getpid()}")
    if not file.exists():
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as new:
            new.write(os.urandom(32).hex())
            new.flush()
            os.fsync(new.fileno())
        with contextlib.suppress(FileExistsError):  # another process was faster: its key counts
            file.hardlink_to(made)
        made.unlink()
    return file.read_text().strip()


def _derived(key: str, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"quartermaster " + use).derive(
        key.encode()
    )


_open: Vault | None = None


def open_vault(key: str | None) -> None:
    """For this process, as its database is; None: it has no key, and keeps no such secrets."""
    global _open
    _open = None if key is None else Vault(key)


def vault() -> Vault | None:
    return _open
