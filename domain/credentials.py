"""By what somebody is known: a session of a browser, or a token of a program."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from typing import NamedTuple


class CredentialKind(enum.Enum):
    SESSION = "session"
    TOKEN = "token"  # noqa: S105 (no secret)


class Credential(NamedTuple):
    """Which session or token, without its secret."""

    kind: CredentialKind
    id: int


class Scope(enum.Enum):
    """What a token lets its bearer do, of what its user may see and do."""

    READ = "READ"
    MANAGE = "MANAGE"


@dataclass(frozen=True, slots=True)
class TokenInUse:
    id: int
    name: str
    scope: Scope


class ByToken(enum.Enum):
    """Whether an operation may be asked for with a token."""

    NEVER = enum.auto()
    """What lets a stolen one outlive itself: credentials, who may sign in, who may do what."""
    TO_MANAGE = enum.auto()
    ALWAYS = enum.auto()
    """The operation itself looks at the token."""


def hash_of(secret: str) -> str:
    """SHA-256, for secrets of 256 random bits: what a person could choose needs a slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
