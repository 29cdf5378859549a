"""The commands that speak to a server elsewhere: login, logout and query."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from server.token_file import Kept, TokenFile

Say = Callable[[str], None]
CLIENT = {"Quartermaster-Client": "quartermaster-cli"}
SECONDS = 20.0
SLOWER_BY_SECONDS = 5
"""RFC 8628, section 3.5."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
CODE = re.compile(r"[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}")


class TerminalError(Exception):
    """What went wrong, and what to do."""


NOT_OURS = TerminalError("What answers there is not Quartermaster.")
REVOKE = "mutation ($input: RevokeTokensInput!) { revokeTokens(input: $input) { __typename } }"


def origin_of(url: str, *, allows_plain_http: bool = False) -> str:
    """The server that is meant. Raises: TerminalError, where a token would travel in the clear."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise TerminalError(f"{url!r} is no address of a server, such as https://gpus.example.org")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK and not allows_plain_http:
        raise TerminalError(
            "Over http:// everyone on the way can read the token. Use https://, or accept that "
            "with --plain-http."
        )
    return f"{parts.scheme}://{parts.netloc}"


def login(origin: str, scope: str, file: TokenFile, say: Say) -> None:
    """Ask for a token, wait until a person has said yes or no, and keep it.

    Nothing is printed as the server sent it: a terminal obeys control characters.

    Raises: TerminalError, TokenFileError.
    """
    file.read()  # before anybody is troubled
    wish = {"scope": scope, "host_name": socket.gethostname()}
    begun = _json(_post(origin, "/auth/device", wish))
    code, seconds = begun.get("user_code"), float(begun.get("interval", 5))
    if not isinstance(code, str) or not CODE.fullmatch(code):
        raise NOT_OURS
    say(f"Open {origin}/device and type this code:\n\n    {code}\n")
    say("Waiting for a yes there, for ten minutes. Ctrl C gives up.")
    until = time.monotonic() + float(begun.get("expires_in", 600))
    while time.monotonic() < until:
        time.sleep(seconds)
        answer = _post(origin, "/auth/device/token", {"device_code": begun["device_code"]})
        given = _json(answer)
        if answer.status_code == httpx.codes.OK:
            file.keep(origin, Kept(given["access_token"], given["token_id"], scope))
            user = json.dumps(given["user"])[1:-1]
            say(
                f"Logged in as {user}. The token is in {file.path}; `quartermaster logout` ends it."
            )
            return
        match given.get("error"):
            case "authorization_pending":
                pass
            case "slow_down":
                seconds += SLOWER_BY_SECONDS
            case "access_denied":
                raise TerminalError("It was refused.")
            case _:
                break
    raise TerminalError("The code is over. Try again.")


def logout(origin: str | None, file: TokenFile, say: Say) -> None:
    """Revoke the token there, then forget it here. Raises: TerminalError, TokenFileError."""
    origin, kept = _kept(origin, file)
    response = _ask(origin, kept, REVOKE, {"input": {"tokens": [kept.id]}})
    if response.status_code not in (httpx.codes.OK, httpx.codes.UNAUTHORIZED):  # 401: over already
        raise TerminalError(f"The server answered {response.status_code}; the token is kept.")
    file.forget(origin)
    say(f"Logged out of {origin}: the token is revoked, and forgotten here.")


def query(origin: str | None, document: str, variables: str, file: TokenFile, say: Say) -> bool:
    """Print the answer as JSON; whether it has no errors. Raises: TerminalError, TokenFileError."""
    origin, kept = _kept(origin, file)
    try:
        given = json.loads(variables)
    except ValueError as error:
        raise TerminalError(f"--variables must be JSON: {error}.") from error
    response = _ask(origin, kept, document, given)
    if response.status_code == httpx.codes.UNAUTHORIZED:
        raise TerminalError(f"The token is over. Run: quartermaster login {origin}")
    try:
        answer = response.json()
    except ValueError:
        raise TerminalError(f"The server answered {response.status_code}, without JSON.") from None
    say(json.dumps(answer, indent=2))  # ASCII alone: nothing that a terminal would obey
    return "errors" not in answer


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        given = response.json()
    except ValueError:
        raise NOT_OURS from None
    if not isinstance(given, dict):
        raise NOT_OURS
    return given


def _kept(origin: str | None, file: TokenFile) -> tuple[str, Kept]:
    """Of the one server that is known, where none is named."""
    known = file.read()
    if origin is None and len(known) == 1:
        return next(iter(known.items()))
    if origin is None:
        names = ", ".join(known) or "none"
        raise TerminalError(f"Name the server; those with a token are: {names}.")
    if origin not in known:
        raise TerminalError(f"No token for {origin} is kept. Run: quartermaster login {origin}")
    return origin, known[origin]


def _ask(origin: str, kept: Kept, document: str, variables: object) -> httpx.Response:
    body = {"query": document, "variables": variables}
    return _post(origin, "/graphql", body, {"Authorization": f"Bearer {kept.token}"})


def _post(
    origin: str, path: str, body: dict[str, Any], headers: dict[str, str] | None = None
) -> httpx.Response:
    """Follows no redirect: a token goes to the server that it is of. Raises: TerminalError."""
    try:
        response = httpx.post(
            origin + path, json=body, headers=CLIENT | (headers or {}), timeout=SECONDS
        )
    except httpx.HTTPError as error:
        raise TerminalError(f"{origin} does not answer: {error}.") from error
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise TerminalError("The server says: too many attempts. Try again in a while.")
    if response.is_redirect or response.is_server_error:
        raise TerminalError(f"{origin} answered {response.status_code}.")
    return response
