"""Work that blocks, on a thread of its own that nothing waits for.

A read from a dead NFS server ends at its own time or never. Such a thread must neither take one of
those that the process needs for other things, nor hold it at its end; so many may hang, no more.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

MOST = 16
_free = threading.BoundedSemaphore(MOST)


class NoThreadLeft(Exception):
    """Too many hang already."""


async def on_thread(
    work: Callable[[], T], seconds: float, cut: Callable[[], None] = lambda: None
) -> T:
    """What `work` returns or raises. Raises: TimeoutError, after `cut`, and NoThreadLeft."""
    if not _free.acquire(blocking=False):
        raise NoThreadLeft
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = work()
        except BaseException as raised:
            error = raised
        finally:
            _free.release()
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile: nobody waits
            loop.call_soon_threadsafe(tell, result, error)

    threading.Thread(target=run, name="source", daemon=True).start()
    try:
        async with asyncio.timeout(seconds):
            return await done
    finally:
        cut()
