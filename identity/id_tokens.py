"""Is an ID token the provider's, for us, now, and the answer to us (OpenID Connect 3.1.3.7)?

Everything that is not exactly as it has to be is refused; nothing in the token says how it is to be
checked, but for choosing among algorithms and keys that are allowed anyway.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

from identity.backend import Failed
from identity.signing_keys import SigningKeys

STEP = "ID token"
MAX_LENGTH = 32 * 1024
"""Looked at before anything is parsed. A token with two hundred groups has more than 8 KiB."""
LEEWAY_SECONDS = 60
SUBJECT_MAX_LENGTH = 255  # OpenID Connect Core, section 2
HASHES = {
    "RS256": hashlib.sha256,
    "PS256": hashlib.sha256,
    "ES256": hashlib.sha256,
    "EdDSA": hashlib.sha512,
    "Ed25519": hashlib.sha512,
}
"""By algorithm, of `at_hash`."""
ALGORITHMS = frozenset(HASHES)
"""With a public key each: with an HMAC whoever knows the client's secret could sign."""
FORBIDDEN_HEADERS = frozenset({"b64", "crit", "jku", "jwk", "x5c", "x5u"})
"""What would have the token say how it is read, or by which key."""


class _Registry(JWSRegistry):
    max_header_length = 2048
    max_payload_length = MAX_LENGTH


@dataclass(frozen=True, slots=True)
class Expected:
    issuer: str
    client_id: str
    nonce: str
    algorithms: frozenset[str]
    access_token: str | None


async def verified_claims(token: str, keys: SigningKeys, expected: Expected) -> dict[str, Any]:
    """Its claims. Raises: Failed."""
    header = _header(token)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in expected.algorithms:
        raise Failed(STEP, "It is signed in a way that is not allowed.")
    if odd := FORBIDDEN_HEADERS.intersection(header):
        raise Failed(STEP, f"Its header has {', '.join(sorted(odd))}, which is not accepted.")
    if not _is_jwt(header.get("typ", "JWT")):
        raise Failed(STEP, "It is a token of another type.")
    key_id = header.get("kid")
    if key_id is not None and not isinstance(key_id, str):
        raise Failed(STEP, "It names its key in a way that is not allowed.")
    payload = _payload(token, algorithm, await keys.find(algorithm, key_id))
    try:
        claims = msgspec.json.decode(payload, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise Failed(STEP, "What it holds cannot be read.") from None
    _require_claims(claims, expected)
    _require_access_token(claims, expected, algorithm)
    return claims


def require_subject(claims: Mapping[str, Any], claim: str = "sub") -> str:
    """`claim`: another one by which the provider knows a person for ever. Raises: Failed."""
    subject = claims.get(claim)
    if subject is None and claim != "sub":
        raise Failed(STEP, f"It has no {claim}: add profile to the scopes.")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_MAX_LENGTH:
        raise Failed(STEP, "Its subject is not a text of 1 to 255 characters.")
    if not subject.isprintable():
        raise Failed(STEP, "Its subject has characters that cannot be written.")
    return subject


def _header(token: str) -> dict[str, Any]:
    if len(token) > MAX_LENGTH:
        raise Failed(STEP, f"It is longer than {MAX_LENGTH // 1024} KiB; let it tell fewer groups.")
    first, dot, rest = token.partition(".")
    if not token.isascii() or not dot or rest.count(".") != 1:
        raise Failed(STEP, "It is not a signed token.")
    try:
        decoded = base64.b64decode(first + "=" * (-len(first) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(decoded, type=dict[str, Any])
    except (binascii.Error, msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError):
        raise Failed(STEP, "Its header cannot be read.") from None


def _payload(token: str, algorithm: str, key: Key) -> bytes:
    registry = _Registry(algorithms=[algorithm], strict_check_header=False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # the name EdDSA is an old one
            verified = jws.deserialize_compact(token, key, registry=registry)
    except (JoseError, ValueError, TypeError):
        raise Failed(STEP, "Its signature is not the provider's.") from None
    return verified.payload


def _require_claims(claims: Mapping[str, Any], expected: Expected) -> None:
    if not _is(claims.get("iss"), expected.issuer):
        raise Failed(STEP, "It is of another issuer.")
    require_subject(claims)
    audience = claims.get("aud")
    if not (_is(audience, expected.client_id) or _is_among(expected.client_id, audience)):
        raise Failed(STEP, "It is for another client.")
    is_for_several = isinstance(audience, list) and len(audience) > 1
    if (is_for_several or "azp" in claims) and not _is(claims.get("azp"), expected.client_id):
        raise Failed(STEP, "It was given to another client.")
    if not _is(claims.get("nonce"), expected.nonce):
        raise Failed(STEP, "It is the answer to another request.")
    now = time.time()
    if _moment(claims, "exp") <= now - LEEWAY_SECONDS:
        raise Failed(STEP, "It is over. Is the clock of this machine or the provider's wrong?")
    begins = [_moment(claims, "iat"), *([_moment(claims, "nbf")] if "nbf" in claims else [])]
    if max(begins) > now + LEEWAY_SECONDS:
        raise Failed(
            STEP, "It is of the future. Is the clock of this machine or the provider's wrong?"
        )


def _require_access_token(claims: Mapping[str, Any], expected: Expected, algorithm: str) -> None:
    """Where it is bound to an access token, to the one that came along (3.1.3.8)."""
    if "at_hash" not in claims:
        return
    digest = HASHES[algorithm]((expected.access_token or "").encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if expected.access_token is None or not _is(claims["at_hash"], half):
        raise Failed(STEP, "It came with another access token.")


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Failed(STEP, f"Its {name} is not a time.")
    return value


def _is(value: object, text: str) -> bool:
    return isinstance(value, str) and value == text


def _is_among(text: str, values: object) -> bool:
    return (
        isinstance(values, list)
        and all(isinstance(value, str) for value in values)
        and text in values
    )


def _is_jwt(kind: object) -> bool:
    return isinstance(kind, str) and kind.lower().removeprefix("application/") == "jwt"
