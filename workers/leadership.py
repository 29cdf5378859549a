"""One controller at work: the others stand by until its lease runs out or is given up."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import socket
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

from domain.leases import Lease, bound_to, hold, release
from workers.clock import Clock

log = structlog.get_logger()

Work = Callable[[], Coroutine[Any, Any, None]]

LEASE_SECONDS = 8.0
RENEW_SECONDS = 2.0
MARGIN_SECONDS = 2.0
"""So long before the lease ends, a leader that could not renew it stops."""


@contextmanager
def identity(folder: Path) -> Iterator[str]:
    """The name of this process as a holder of leases.

    It stays the same for the process that works in `folder`: one that crashed and is back need not
    wait for the lease that it held itself. A second process in the same folder has another name.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "controller.id").open("a+") as file:
        own = uuid.uuid4().hex
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kernel lets go at our end
            file.seek(0)
            own = file.read().strip()[:64] or own
            file.truncate(0)
            file.write(own)
            file.flush()
        yield f"{socket.gethostname()[:100]}/{own}"


async def lead(name: str, holder: str, work: Work, clock: Clock | None = None) -> None:
    """Run `work` whenever this process holds the lease `name`, until cancelled.

    It is cancelled before the lease can run out, and its transactions count only while it is held.
    """
    clock = clock or Clock()
    lease = Lease(name, holder, LEASE_SECONDS)
    try:
        while True:
            asked_at = clock.monotonic()
            if await _hold(lease, RENEW_SECONDS):
                log.info("lease.taken", lease=name, holder=holder)
                await _while_held(lease, asked_at, work, clock)
            await clock.sleep(RENEW_SECONDS)
    finally:
        with contextlib.suppress(Exception):  # it runs out by itself then
            async with asyncio.timeout(RENEW_SECONDS):
                await release(lease)


async def _while_held(lease: Lease, asked_at: float, work: Work, clock: Clock) -> None:
    with bound_to(lease):
        working = asyncio.create_task(work())
    timing: asyncio.Task[None] | None = None
    try:
        sure_until = asked_at + LEASE_SECONDS - MARGIN_SECONDS
        while (left := sure_until - clock.monotonic()) > 0:
            timing = asyncio.create_task(clock.sleep(min(left, RENEW_SECONDS)))
            await asyncio.wait({working, timing}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                return
            asked_at = clock.monotonic()
            is_held = await _hold(lease, min(RENEW_SECONDS, sure_until - asked_at))
            if is_held:
                sure_until = asked_at + LEASE_SECONDS - MARGIN_SECONDS
            elif is_held is False:
                break
        log.error("lease.lost", lease=lease.name, holder=lease.holder)
    finally:
        if timing is not None:
            timing.cancel()
        working.cancel()
        (ended,) = await asyncio.gather(working, return_exceptions=True)
        if isinstance(ended, Exception):
            raise ended


async def _hold(lease: Lease, within_seconds: float) -> bool | None:
    """Whether the lease is held; None where the database did not say."""
    try:
        async with asyncio.timeout(within_seconds):
            return await hold(lease)
    except Exception as error:
        # Whatever is wrong with the database, the lease is asked for again until it runs out.
        log.warning("lease.not_renewed", lease=lease.name, error=repr(error))
        return None
