"""Asking another cluster over HTTP, through the guarded client; statuses become steps that failed.

No redirect is followed, and nothing of an answer gets into a reason: it is the other side's text.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from outbound.client import Answer, Limits, Outbound
from outbound.failures import Code, OutboundFailed
from remote.cluster import Failed, Step

T = TypeVar("T")

LIMITS = Limits(seconds=8.0, answer_bytes=32 * 1024 * 1024)
DECODED_ASIDE_BYTES = 1024 * 1024
"""A larger answer is decoded in a thread: the loop has others to serve."""

STEPS = {
    Code.TLS_FAILED: Step.TLS,
    Code.TOO_LARGE: Step.ANSWER,
    Code.BAD_ANSWER: Step.ANSWER,
}
"""Of what the guarded client says; all else is about the address."""


class Missing(Exception):
    """There is nothing at this path (404)."""


@dataclass(slots=True)
class Link:
    """To one cluster, during one reading. It remembers the first answer's time and certificate."""

    outbound: Outbound
    url: str
    headers: Mapping[str, str] = field(repr=False)
    rights: str = "what it is asked for"
    """What this kind of cluster has to allow, for people."""
    latency_seconds: float | None = None
    certificate_expires_at: datetime | None = None

    async def get(self, path: str, kind: type[T]) -> T:
        """Raises: Failed, Missing."""
        return await self._ask("GET", path, kind, None)

    async def post(self, path: str, body: object, kind: type[T]) -> T:
        """Raises: Failed, Missing."""
        return await self._ask("POST", path, kind, msgspec.json.encode(body))

    async def _ask(self, method: str, path: str, kind: type[T], content: bytes | None) -> T:
        headers = {"accept": "application/json", **self.headers}
        if content is not None:
            headers["content-type"] = "application/json"
        url = self.url.rstrip("/") + path
        begun = time.perf_counter()
        try:
            answer = await self.outbound.request(
                method, url, headers=headers, content=content, limits=LIMITS
            )
        except OutboundFailed as failed:
            raise Failed(STEPS.get(failed.code, Step.ADDRESS), str(failed)) from None
        if self.latency_seconds is None:
            self.latency_seconds = round(time.perf_counter() - begun, 4)
            self.certificate_expires_at = answer.certificate_expires_at
        self._require_good(answer)
        return await _decoded(answer.body, kind)

    def _require_good(self, answer: Answer) -> None:
        match answer.status:
            case 200:
                return
            case 401:
                raise Failed(Step.SIGN_IN, "It does not accept the credentials.")
            case 403:
                raise Failed(Step.RIGHTS, f"It does not allow {self.rights}.")
            case 404:
                raise Missing
            case status if 300 <= status < 400:
                raise Failed(Step.ADDRESS, "It leads on to another place, which is not followed.")
            case status:
                raise Failed(Step.ANSWER, f"It answered with status {status}.")


async def _decoded(body: bytes, kind: type[T]) -> T:
    decode: Any = msgspec.json.Decoder(kind).decode
    try:
        if len(body) > DECODED_ASIDE_BYTES:
            decoded: T = await asyncio.to_thread(decode, body)
        else:
            decoded = decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise Failed(Step.ANSWER, "What it answered is not what such a cluster answers.") from None
    return decoded
