"""Liveness and readiness for probes: yes or no, without detail for whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

log = structlog.get_logger("server.health")

CHECK_SECONDS = 2.0
Check: TypeAlias = Callable[[], Awaitable[bool]]


class HealthRoutes:
    def __init__(self, checks: Mapping[str, Check]) -> None:
        """`checks` by the name of the dependency that each asks (for the log)."""
        self.checks = checks

    async def healthz(self, request: Request) -> Response:
        """The process answers: its event loop turns. Says nothing of what it depends on."""
        return PlainTextResponse("ok\n")

    async def readyz(self, request: Request) -> Response:
        """200 when everything it depends on answers, else 503."""
        answers = await asyncio.gather(
            *(self._ask(name, check) for name, check in self.checks.items())
        )
        if all(answers):
            return PlainTextResponse("ready\n")
        return PlainTextResponse("not ready\n", status_code=503)

    async def _ask(self, name: str, check: Check) -> bool:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                is_ready = await check()
        except Exception:
            log.exception("readiness.failed", dependency=name)
            return False
        if not is_ready:
            log.warning("readiness.refused", dependency=name)
        return is_ready
