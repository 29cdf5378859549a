"""Asking a provider over HTTP, through the guarded client, and saying in words what went wrong.

An answer's text never gets into an error: it is the provider's, or whoever's stands in its place.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from identity.backend import Failed
from outbound.client import Answer, Limits, Outbound
from outbound.failures import OutboundFailed

T = TypeVar("T")

LIMITS = Limits(seconds=10.0, answer_bytes=1024 * 1024)
"""No redirect is followed: what an endpoint is, is told by settings and discovery alone."""
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Provider:
    """Whoever is asked, by its name for people."""

    outbound: Outbound
    name: str

    async def get(self, step: str, url: str, headers: Mapping[str, str] = {}) -> Answer:
        """Whatever status it has. Raises: Failed."""
        return await self._request(step, "GET", url, {**JSON, **headers}, None)

    async def post(
        self, step: str, url: str, form: Mapping[str, str], headers: Mapping[str, str] = {}
    ) -> Answer:
        """Whatever status it has. Raises: Failed."""
        content = urlencode(form).encode()
        return await self._request(step, "POST", url, {**JSON, **FORM, **headers}, content)

    def read(self, step: str, answer: Answer, kind: type[T]) -> T:
        """The body of an answer with status 200. Raises: Failed."""
        if answer.status != 200:
            raise Failed(step, f"{self.name} answered with status {answer.status}.")
        return self.decode(step, answer.body, kind)

    def decode(self, step: str, body: bytes, kind: type[T]) -> T:
        """Raises: Failed."""
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            raise Failed(
                step, f"What {self.name} answered is not what is expected there."
            ) from None

    async def _request(
        self, step: str, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> Answer:
        try:
            return await self.outbound.request(
                method, url, headers=headers, content=content, limits=LIMITS
            )
        except OutboundFailed as failed:
            raise Failed(step, f"{self.name}: {failed}") from None


def trust(ca_certificate: str | None) -> ssl.SSLContext:
    """The system's authorities, or this one alone. Raises: Failed."""
    try:
        return ssl.create_default_context(cadata=ca_certificate)
    except (ssl.SSLError, ValueError):
        raise Failed("settings", "The CA certificate is not one in PEM format.") from None
