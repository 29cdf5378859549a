"""The authorization code flow (RFC 6749, 4.1) with PKCE (RFC 7636), as every provider has it.

What ties an answer to the request that was sent: a state for the browser, a verifier for the code,
and a nonce for the ID token.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping

import msgspec
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from identity.backend import Failed

SECRET_BYTES = 32
CODE_MAX_LENGTH = 8 * 1024
TOLD = {
    "access_denied": "it was not allowed there, or given up",
    "login_required": "nobody is signed in there",
    "temporarily_unavailable": "it is busy",
    "server_error": "it failed",
    "unauthorized_client": "this installation's client may not do that there",
    "invalid_scope": "a scope of the settings is not known there",
    "invalid_request": "it did not understand the request",
}
"""Codes of RFC 6749, 4.1.2.1, that are told on; others are not, for they may be anybody's text."""


class Begun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept, for that browser alone, until it comes back."""

    state: str
    verifier: str
    nonce: str

    @classmethod
    def new(cls) -> Begun:
        return cls(*(secrets.token_urlsafe(SECRET_BYTES) for _ in range(3)))

    @classmethod
    def read(cls, kept: str) -> Begun:
        """Raises: Failed."""
        try:
            return msgspec.json.decode(kept, type=cls)
        except msgspec.MsgspecError:
            raise Failed("answer", "What was kept of the request cannot be read.") from None

    def keep(self) -> str:
        return msgspec.json.encode(self).decode()

    def url(self, endpoint: str, client_id: str, redirect_uri: str, **more: str) -> str:
        """Where to send the browser."""
        url: str = prepare_grant_uri(
            endpoint,
            client_id,
            "code",
            redirect_uri=redirect_uri,
            state=self.state,
            code_challenge=create_s256_code_challenge(self.verifier),
            code_challenge_method="S256",
            **more,
        )
        return url

    def require_code(self, query: Mapping[str, str]) -> str:
        """The code of an answer to this very request. Raises: Failed."""
        given = query.get("state", "").encode(errors="replace")
        if not hmac.compare_digest(given, self.state.encode()):
            raise Failed("answer", "The answer is to another request.")
        if (error := query.get("error")) is not None:
            raise Failed(
                "answer", f"The provider said no: {TOLD.get(error, 'for another reason')}."
            )
        code = query.get("code", "")
        if not code or len(code) > CODE_MAX_LENGTH:
            raise Failed("answer", "The answer has no code.")
        return code

    def code_form(self, code: str, redirect_uri: str) -> dict[str, str]:
        """What is sent to the token endpoint, the client's credentials apart."""
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": self.verifier,
        }
