"""A vendor of licences, whom the tests' installations trust, and tokens that only look alike."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.licence_tokens import TYPE, Licence, PrivateKey, PublicKey

VENDOR = PrivateKey.generate()
KEY = PublicKey(VENDOR.public_text)
HEADER = {"alg": "EdDSA", "typ": TYPE}


def licence(
    customer: str = "ACME Research",
    *,
    days: float = 365,
    begins_in: timedelta = timedelta(0),
    devices: int | None = 100,
    cluster: str | None = None,
    by: PrivateKey = VENDOR,
) -> str:
    """A token of a licence that ends so many days from now."""
    now = datetime.now(UTC)
    end = now + timedelta(days=days)
    begin = min(now + begins_in, end - timedelta(days=1)) if days <= 0 else now + begins_in
    return by.issue(Licence("L-1", customer, "Enterprise", devices, begin, end, cluster))


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return claims


def encoded(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: dict[str, Any], claims: object, by: PrivateKey = VENDOR) -> str:
    """By the vendor's own key, whatever the header says."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    text = f"{encoded(header)}.{encoded(claims)}"
    key: Any = load_pem_private_key(by.pem, password=None)
    return f"{text}.{encoded(key.sign(text.encode()))}"
