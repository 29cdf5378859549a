"""The client: one request, within limits on time and size; no cookies, no proxy, no surprises."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urljoin

import httpx

from outbound.failures import Code, OutboundFailed
from outbound.network import GuardedTransport, Resolve, system_resolve
from outbound.policy import Policy, parse

SENT_ANYWHERE = frozenset({"accept", "user-agent"})
"""Headers that go along with a redirect to another origin: whatever else may be a secret."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Limits:
    seconds: float = 10.0
    """For all of it, looking the name up and reading the answer included."""
    answer_bytes: int = 256 * 1024
    redirects: int = 0
    """Followed for GET and HEAD alone, each checked as the first URL."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    certificate_expires_at: datetime | None = None
    """Of the one that answered; null without TLS."""


class Outbound:
    def __init__(
        self,
        policy: Policy,
        *,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = system_resolve,
    ) -> None:
        """`tls`: whom to trust; the system's authorities when not given."""
        self.policy = policy
        self.tls = tls or ssl.create_default_context()
        self.resolve = resolve

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        limits: Limits = Limits(),
    ) -> Answer:
        """Whatever status it has. Raises: OutboundFailed."""
        given = {"user-agent": "Quartermaster", "accept-encoding": "identity", **(headers or {})}
        try:
            async with asyncio.timeout(limits.seconds):
                return await self._follow(method, parse(url), given, content, limits)
        except TimeoutError:
            raise OutboundFailed(Code.TIMED_OUT) from None
        except httpx.TimeoutException:
            raise OutboundFailed(Code.TIMED_OUT) from None
        except httpx.ConnectError as error:
            code = Code.TLS_FAILED if _is_about_tls(error) else Code.UNREACHABLE
            raise OutboundFailed(code) from None
        except httpx.HTTPError:
            raise OutboundFailed(Code.BAD_ANSWER) from None

    async def _follow(
        self,
        method: str,
        url: httpx.URL,
        headers: dict[str, str],
        content: bytes | None,
        limits: Limits,
    ) -> Answer:
        left = limits.redirects if method in ("GET", "HEAD") else 0
        while True:
            answer = await self._once(method, url, headers, content, limits)
            location = answer.headers.get("location")
            if answer.status not in REDIRECTS or location is None or not limits.redirects:
                return answer
            if left == 0:
                raise OutboundFailed(Code.TOO_MANY_REDIRECTS)
            left -= 1
            before, url = url, parse(urljoin(str(url), location))
            if before.scheme == "https" and url.scheme != "https":
                raise OutboundFailed(Code.HTTPS_REQUIRED)
            if _origin(before) != _origin(url):
                headers = {k: v for k, v in headers.items() if k.lower() in SENT_ANYWHERE}

    async def _once(
        self,
        method: str,
        url: httpx.URL,
        headers: dict[str, str],
        content: bytes | None,
        limits: Limits,
    ) -> Answer:
        """With a client of its own, which forgets the cookies it was given."""
        async with httpx.AsyncClient(
            transport=GuardedTransport(self.policy, self.tls, self.resolve),
            trust_env=False,
            follow_redirects=False,
            timeout=limits.seconds,
        ) as client:
            request = httpx.Request(method, url, headers=headers, content=content)
            answer = await client.send(request, stream=True)
            expires_at = _certificate_expiry(answer)
            try:
                body = bytearray()
                async for portion in answer.aiter_raw():
                    body += portion
                    if len(body) > limits.answer_bytes:
                        raise OutboundFailed(Code.TOO_LARGE)
                return Answer(answer.status_code, dict(answer.headers), bytes(body), expires_at)
            finally:
                await answer.aclose()


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _certificate_expiry(answer: httpx.Response) -> datetime | None:
    tls = answer.extensions["network_stream"].get_extra_info("ssl_object")
    certificate = None if tls is None else tls.getpeercert()
    if not certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


def _is_about_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
