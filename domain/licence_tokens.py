"""Licence tokens: what a vendor signs (JWT, EdDSA over Ed25519), and reading one without a network.

A token says nothing of how it is to be checked: there is one algorithm, and one key, which is this
installation's. What differs from that is refused before the signature is even looked at.
"""

from __future__ import annotations

import base64
import binascii
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry
from msgspec import Meta

from domain.names import is_printable_name
from domain.refusals import Refusal
from domain.secrets import Secret

BUILT_IN_KEY = "VbU4QiucA-OfxE6WEBrT6-W_zQ22PY3_m_3QfMlRIaU"
"""Nobody has its private half: a vendor has QUARTERMASTER_LICENCE_PUBLIC_KEY set to its own."""
KEY_BYTES = 32  # RFC 8032, section 5.1.5
ALGORITHM = "EdDSA"
TYPE = "quartermaster-licence+jwt"
"""So that no other token that the same key may sign passes for a licence (RFC 8725, 3.11)."""
MAX_LENGTH = 4096
"""Looked at before anything is parsed; a licence has about 500 characters."""
NAME_MAX_LENGTH = 120
MOST_DEVICES = 2**31 - 1

T = TypeVar("T")

_Moment = Annotated[int, Meta(ge=0, lt=4_102_444_800)]  # seconds since the epoch, before 2100


@dataclass(frozen=True, slots=True)
class Licence:
    """What was agreed. No device limit: as many as there are; no cluster: any."""

    id: str
    customer: str
    edition: str
    device_limit: int | None
    not_before: datetime
    expires_at: datetime
    cluster_id: str | None


@dataclass(eq=False)
class BadLicence(Refusal):
    """It is no licence at all, or not one that can be read."""

    reason: str

    def message(self) -> str:
        return self.reason


@dataclass(eq=False)
class ForeignLicence(Refusal):
    """Signed by somebody else than the vendor whose key is known here, or altered since."""

    def message(self) -> str:
        return (
            "This licence was not signed with the key that this installation trusts, or it was "
            "altered. Ask whoever gave it to you which key it needs "
            "(QUARTERMASTER_LICENCE_PUBLIC_KEY)."
        )


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    """All that may stand there: no `crit`, no `b64`, and nothing that names or brings a key."""

    alg: str
    typ: str


class _Claims(msgspec.Struct, omit_defaults=True):
    jti: str
    sub: str
    edition: str
    nbf: _Moment
    exp: _Moment
    devices: Annotated[int, Meta(ge=1, le=MOST_DEVICES)] | None = None
    cluster: str | None = None


class _Registry(JWSRegistry):
    max_header_length = 512
    max_payload_length = MAX_LENGTH


class PublicKey:
    """Of whoever may issue licences: 32 bytes in base64url, as JWK's `x` (RFC 8037)."""

    def __init__(self, text: str) -> None:
        """Raises: ValueError."""
        try:
            raw = base64.b64decode(text + "=", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != KEY_BYTES:
            raise ValueError("no Ed25519 public key in base64url")
        self._key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": text})

    def read(self, token: Secret) -> Licence:
        """What the licence says, whoever it is for and whether its time has come or not.

        Raises: BadLicence, ForeignLicence.
        """
        text = token.reveal()
        if len(text) > MAX_LENGTH:
            raise BadLicence(f"A licence has {MAX_LENGTH} characters at most.")
        compact = "".join(text.split())  # mail breaks lines
        _require_header(compact)
        try:
            verified = _quietly(
                lambda: jws.deserialize_compact(
                    compact, self._key, registry=_Registry(algorithms=[ALGORITHM])
                )
            )
        except (JoseError, ValueError, TypeError):
            raise ForeignLicence from None
        return _licence(verified.payload)


class PrivateKey:
    """Of a vendor. An installation never has one."""

    def __init__(self, pem: bytes) -> None:
        """Raises: ValueError."""
        try:
            key = OKPKey.import_key(pem)
            is_usable = key.is_private and key.curve_name == "Ed25519"
        except (JoseError, ValueError, TypeError):
            is_usable = False
        if not is_usable:
            raise ValueError("no Ed25519 private key in PEM")
        self._key = key

    @classmethod
    def generate(cls) -> PrivateKey:
        return cls(OKPKey.generate_key("Ed25519", private=True).as_pem(private=True))

    @property
    def pem(self) -> bytes:
        return self._key.as_pem(private=True)

    @property
    def public_text(self) -> str:
        return str(self._key.as_dict(private=False)["x"])

    def issue(self, licence: Licence) -> str:
        """The token. Raises: BadLicence, for what could not be read again."""
        claims = _Claims(
            jti=licence.id,
            sub=licence.customer,
            edition=licence.edition,
            nbf=int(licence.not_before.timestamp()),
            exp=int(licence.expires_at.timestamp()),
            devices=licence.device_limit,
            cluster=licence.cluster_id,
        )
        payload = msgspec.json.encode(claims)
        _licence(payload)
        header = {"alg": ALGORITHM, "typ": TYPE}
        return _quietly(
            lambda: jws.serialize_compact(header, payload, self._key, algorithms=[ALGORITHM])
        )


def _require_header(token: str) -> None:
    first, dot, rest = token.partition(".")
    if not token.isascii() or not dot or rest.count(".") != 1:
        raise BadLicence("This is no licence. Paste the whole of what you were given, and no more.")
    try:
        decoded = base64.b64decode(first + "=" * (-len(first) % 4), altchars=b"-_", validate=True)
        header = msgspec.json.decode(decoded, type=_Header)
    except (binascii.Error, msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError):
        raise BadLicence(
            "This is no licence: its header has something else than its algorithm and its type."
        ) from None
    if header.alg != ALGORITHM:
        raise BadLicence(f"This is no licence: it is signed in another way than {ALGORITHM}.")
    if header.typ != TYPE:
        raise BadLicence("This is a token of another kind, not a licence.")


def _licence(payload: bytes) -> Licence:
    try:
        claims = msgspec.json.decode(payload, type=_Claims)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise BadLicence("This licence lacks what it has to say, or says what cannot be.") from None
    texts = (claims.jti, claims.sub, claims.edition, *filter(None, (claims.cluster,)))
    if not all(is_printable_name(text, NAME_MAX_LENGTH) for text in texts):
        raise BadLicence("This licence has a name in it that cannot be written.")
    if claims.nbf >= claims.exp:
        raise BadLicence("This licence ends before it begins.")
    return Licence(
        claims.jti,
        claims.sub,
        claims.edition,
        claims.devices,
        datetime.fromtimestamp(claims.nbf, UTC),
        datetime.fromtimestamp(claims.exp, UTC),
        claims.cluster,
    )


def _quietly(work: Callable[[], T]) -> T:
    """The name EdDSA is an old one (RFC 9864), and what everybody issues."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return work()
