"""A Git repository over HTTP: its refs are listed, and one of our own is pushed and deleted again.

Through dulwich, which runs no program and reads no configuration; a URL is a URL and nothing else.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from dulwich.client import HttpGitClient, HTTPUnauthorized
from dulwich.errors import GitProtocolError, NotGitRepository
from dulwich.objects import ZERO_SHA, Commit, Tree
from dulwich.pack import pack_objects_to_data

from outbound.blocking import GuardedPool
from outbound.client import Limits, Outbound
from outbound.failures import Code, OutboundFailed
from outbound.policy import Policy, parse
from sources.failures import SourceFailed, Step
from sources.settings import Git
from sources.threads import on_thread

LIMITS = Limits(seconds=10.0, answer_bytes=16 * 1024 * 1024)
"""A large repository has some 100,000 refs."""
URL_MAX_LENGTH = 2000
PROBES: Final = b"refs/quartermaster/probe-"
NO_REPOSITORY = (
    "There is no Git repository at this URL, or the token may not see it: compare the URL with "
    "that for cloning over HTTPS, and give the token the right to read the repository."
)
NO_SIGN_IN = (
    "The token is not accepted: make a new one there that may read and write the repository."
)
NO_PUSH = "The token may read and not push: give it the right to write to the repository."


def require_repository_url(policy: Policy, url: str) -> None:
    """At the save and at each use. Raises: SourceFailed."""
    try:
        parsed = parse(url)
        policy.require_url(parsed)
    except OutboundFailed as failed:
        raise SourceFailed(Step.ADDRESS, failed.code.value) from None
    if len(url) > URL_MAX_LENGTH or any(one in url for one in "$?#`") or parsed.path in ("", "/"):
        raise SourceFailed(Step.ADDRESS, "Enter the repository's plain URL: https://HOST/PATH.")


async def try_git(outbound: Outbound, git: Git, token: str, say: Callable[[Step], None]) -> str:
    """What was found there, in words. Raises: SourceFailed, OutboundFailed, TimeoutError."""
    require_repository_url(outbound.policy, git.url)
    pool = GuardedPool(outbound, LIMITS)
    return await on_thread(partial(_try, pool, git, token, say), LIMITS.seconds, pool.cut)


def _try(pool: GuardedPool, git: Git, token: str, say: Callable[[Step], None]) -> str:
    client = HttpGitClient(
        git.url, pool_manager=pool, username=git.user_name, password=token, quiet=True
    )
    say(Step.SIGN_IN)
    with _failures(pool, Step.SIGN_IN, forbidden=NO_SIGN_IN):
        refs = client.get_refs("").refs
        if client.dumb:
            raise SourceFailed(Step.ADDRESS, NO_REPOSITORY)
    name = PROBES + secrets.token_hex(8).encode()
    tree = Tree()
    commit = _commit(tree)
    say(Step.PUSH)
    with _failures(pool, Step.PUSH, forbidden=NO_PUSH):
        pushed = client.send_pack(
            "",
            lambda _: {name: commit.id},  # type: ignore[dict-item]
            lambda *_, **__: pack_objects_to_data([tree, commit]),
        )
        _require_done(Step.PUSH, pushed.ref_status, name, "does not take a ref of its own")
    say(Step.DELETE)
    with _failures(pool, Step.DELETE, forbidden=NO_PUSH):
        deleted = client.send_pack(
            "",
            lambda _: {name: ZERO_SHA},  # type: ignore[dict-item]
            lambda *_, **__: pack_objects_to_data([]),
        )
        _require_done(Step.DELETE, deleted.ref_status, name, "does not delete it again")
    count = sum(not ref.endswith(b"^{}") for ref in refs)
    return f"Signed in, {count} {'ref' if count == 1 else 'refs'} listed, one pushed and deleted"


def _commit(tree: Tree) -> Commit:
    """Of no files and no history."""
    commit = Commit()
    commit.tree = tree.id
    commit.author = commit.committer = b"Quartermaster <quartermaster@localhost>"
    commit.author_time = commit.commit_time = int(time.time())
    commit.author_timezone = commit.commit_timezone = 0
    commit.message = b"Probe whether this token can push"
    return commit


def _require_done(
    step: Step, status: dict[bytes, str | None] | None, name: bytes, problem: str
) -> None:
    """Raises: SourceFailed, where the server says no to this ref."""
    if status is None or status.get(name, "missing") is not None:
        ref = name.decode()
        raise SourceFailed(
            step, f"The repository {problem} ({ref}): allow refs/quartermaster/* there."
        )


@contextmanager
def _failures(pool: GuardedPool, step: Step, *, forbidden: str) -> Iterator[None]:
    """Raises: SourceFailed, OutboundFailed."""
    try:
        yield
    except HTTPUnauthorized:
        raise SourceFailed(Step.SIGN_IN, NO_SIGN_IN) from None
    except NotGitRepository:
        # Hosts hide what a token may not see; a push to what could be read is another matter.
        hidden = step is Step.SIGN_IN
        raise SourceFailed(
            Step.ADDRESS if hidden else step, NO_REPOSITORY if hidden else forbidden
        ) from None
    except (SourceFailed, OutboundFailed):
        raise
    except Exception as error:
        # Whatever a peer makes dulwich stumble over: its words may be the peer's.
        code = pool.code_of(error)
        if code is not Code.BAD_ANSWER:
            raise OutboundFailed(code) from None
        if pool.status == 403:
            raise SourceFailed(step, forbidden) from None
        if isinstance(error, GitProtocolError) and pool.status not in (None, 200):
            raise SourceFailed(
                Step.ADDRESS, f"The host answered with status {pool.status}; try again later."
            ) from None
        raise SourceFailed(
            Step.ADDRESS if step is Step.SIGN_IN else step,
            "What came back is not what a Git server says.",
        ) from None
