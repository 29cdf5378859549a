"""Posting a message as Standard Webhooks 1.0 says (github.com/standard-webhooks): signed by HMAC.

The id stays the same however often a message is tried, so that a receiver can drop repetitions.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

from outbound.client import Limits, Outbound
from outbound.failures import Code, OutboundFailed

LIMITS = Limits(seconds=15.0, answer_bytes=16 * 1024)
WATCHED_LIMITS = Limits(seconds=7.0, answer_bytes=16 * 1024)
"""Of one that a person waits for."""
GONE = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """`failure`: null, a code of `outbound.failures`, or HTTP_ and the status."""

    failure: str | None
    status: int | None = None
    retry_after_seconds: int | None = None

    @property
    def is_unwanted(self) -> bool:
        """The receiver wants no more of them, ever."""
        return self.status == GONE


async def post(
    outbound: Outbound,
    url: str,
    secret: bytes,
    message_id: str,
    body: bytes,
    *,
    at: float,
    limits: Limits = LIMITS,
) -> Outcome:
    """One try, at that time. Success is a status from 200 to 299, whatever comes with it."""
    timestamp = int(at)
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }
    try:
        answer = await outbound.request("POST", url, headers=headers, content=body, limits=limits)
    except OutboundFailed as failed:
        return Outcome(failed.code.name)
    if 200 <= answer.status < 300:
        return Outcome(None, answer.status)
    after = answer.headers.get("retry-after", "")
    wait = int(after) if after.isascii() and after.isdecimal() and len(after) < 10 else None
    return Outcome(f"HTTP_{answer.status}", answer.status, wait)


def signature(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def explain(failure: str) -> str:
    """A failure's code in words."""
    if failure.startswith("HTTP_"):
        return f"The receiver answered with status {failure.removeprefix('HTTP_')}."
    return Code[failure].value if failure in Code.__members__ else failure
