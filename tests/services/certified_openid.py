"""The certified npm oidc-provider, with a page of its own to sign in at, as a process."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.server.nodejs import node
from tests.services.openid import CLIENT_ID, CLIENT_SECRET
from tests.services.process import end, free_port, spawn, wait_until

SCRIPT = Path(__file__).parents[1] / "identity" / "node" / "provider.mjs"


@contextmanager
def certified_provider(folder: Path, redirect_uri: str) -> Iterator[str]:
    """Its issuer; the client is that of `tests.services.openid`."""
    assert (SCRIPT.parent / "node_modules").is_dir(), "run `npm ci` in tests/identity/node"
    port, log = free_port(), folder / "provider.log"
    command = [node(), str(SCRIPT), str(port), CLIENT_ID, CLIENT_SECRET, redirect_uri]
    process = spawn(command, log)
    try:
        wait_until(lambda: "listening" in log.read_text(), "the provider listens", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process, signal.SIGTERM)
