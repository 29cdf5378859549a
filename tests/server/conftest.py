"""Fixtures of the edge: one running console for all tests, the built web that it serves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import small_schema
from tests.server.console import Console, running_console, wait_until

STYLE_HASH = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@pytest.fixture(scope="session")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the web's build leaves, in small."""
    folder = tmp_path_factory.mktemp("static")
    (folder / "assets").mkdir()
    (folder / "graphiql").mkdir()
    (folder / "index.html").write_text("<!doctype html><title>Quartermaster</title>")
    (folder / "graphiql" / "index.html").write_text("<!doctype html><title>GraphiQL</title>")
    (folder / "graphiql" / "graphiql-4f2a.js").write_text("export {};")
    (folder / "assets" / "index-4f2a.js").write_text("export const answer = 42;\n" * 200)
    (folder / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "csp.json").write_text(f'{{"styleHashes": ["{STYLE_HASH}"]}}')
    outside = tmp_path_factory.mktemp("outside") / "secret.txt"
    outside.write_text("secret")
    (folder / "assets" / "link.txt").symlink_to(outside)
    return folder


@pytest.fixture(scope="session")
def shared_console(static: Path) -> Iterator[Console]:
    with running_console(static) as console:
        yield console


@pytest.fixture
def console(shared_console: Console) -> Iterator[Console]:
    """The running console; a test leaves no socket and no subscription behind."""
    shared_console.accounts.sessions.clear()
    shared_console.accounts.tokens.clear()
    shared_console.accounts.attempts.clear()
    yield shared_console
    wait_until(lambda: not len(shared_console.app.state.sockets))
    wait_until(lambda: not small_schema.calls["open"])
    small_schema.calls.clear()
