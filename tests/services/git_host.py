"""A real Git host: repositories over smart HTTP, by tokens that may read or also push."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dulwich.objects import Commit, Tree
from dulwich.repo import Repo
from dulwich.server import DictBackend
from dulwich.web import WSGIRequestHandlerLogger, WSGIServerLogger, make_server, make_wsgi_chain

Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


@dataclass
class GitHost:
    """Answers 404 for what a token may not see, as hosts do, and 403 for a push without right."""

    port: int
    repository: Repo
    pushers: set[str] = field(default_factory=lambda: {"token-that-pushes"})
    readers: set[str] = field(default_factory=lambda: {"token-that-reads"})
    requests: list[str] = field(default_factory=list)
    redirects_to: str | None = None
    refuses_pushes: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/team/versions.git"

    def refs(self) -> set[bytes]:
        return set(self.repository.refs.allkeys()) - {b"HEAD"}

    def commit(self, ref: bytes) -> None:
        """One of no files, for the ref to point at."""
        tree = Tree()
        commit = Commit()
        commit.tree = tree.id
        commit.author = commit.committer = b"Ada <ada@example.org>"
        commit.author_time = commit.commit_time = 0
        commit.author_timezone = commit.commit_timezone = 0
        commit.message = b"First"
        self.repository.object_store.add_objects([(tree, None), (commit, None)])
        self.repository.refs[ref] = commit.id

    def wrap(self, application: Application) -> Application:
        def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
            self.requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
            token = _token(environ.get("HTTP_AUTHORIZATION", ""))
            is_push = "git-receive-pack" in environ["PATH_INFO"] + environ["QUERY_STRING"]
            if self.redirects_to is not None:
                return _say(start, "302 Found", Location=self.redirects_to)
            if token not in self.pushers | self.readers:
                return _say(start, "401 Unauthorized", WWW_Authenticate="Basic realm=git")
            if is_push and token not in self.pushers:
                return _say(start, "403 Forbidden")
            if self.refuses_pushes and environ["REQUEST_METHOD"] == "POST":
                return _say(start, "500 Error")
            return application(environ, start)

        return answer


def _token(authorization: str) -> str:
    kind, _, given = authorization.partition(" ")
    return base64.b64decode(given).decode().partition(":")[2] if kind == "Basic" else ""


def _say(start: Callable[..., Any], status: str, **headers: str) -> list[bytes]:
    body = b"canary of the answer"
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    start(status, [*named, ("Content-Length", str(len(body)))])
    return [body]


@contextmanager
def git_host(folder: Path) -> Iterator[GitHost]:
    repository = Repo.init_bare(str(folder), mkdir=True)
    application = make_wsgi_chain(DictBackend({"/team/versions.git": repository}))
    holder: list[Application] = []
    server = make_server(
        "127.0.0.1",
        0,
        lambda environ, start: holder[0](environ, start),
        handler_class=WSGIRequestHandlerLogger,
        server_class=WSGIServerLogger,
    )
    host = GitHost(server.server_port, repository)
    holder.append(host.wrap(application))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        repository.close()


@pytest.fixture
def git(tmp_path: Path) -> Iterator[GitHost]:
    with git_host(tmp_path / "versions.git") as host:
        yield host
