"""An OpenID provider that can lie: honest by default, and false in whatever a test sets."""

from __future__ import annotations

import base64
import hmac
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from tests.services.http_peer import Behaviour, Peer, Received, answers, peer

CLIENT_ID = "quartermaster"
CLIENT_SECRET = "canary-of-the-client-secret"
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
OTHER_RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
WEAK_RSA = RSAKey.generate_key(1024, {"kid": "weak"})
EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed", "use": "sig"})

Sign = Callable[[dict[str, Any], bytes], str]


def part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed_with(key: Key, algorithm: str) -> Sign:
    def sign(header: dict[str, Any], payload: bytes) -> str:
        """By hand: no library would put such headers in."""
        first = part(json.dumps({"alg": algorithm, "kid": key.kid, **header}).encode())
        signing_input = f"{first}.{part(payload)}".encode()
        signature = jws.JWSRegistry.algorithms[algorithm].sign(signing_input, key)
        return f"{signing_input.decode()}.{part(signature)}"

    return sign


def signed_with_the_public_key_as_a_secret(header: dict[str, Any], payload: bytes) -> str:
    first = part(json.dumps({"alg": "HS256", "kid": "rsa", **header}).encode())
    signing_input = f"{first}.{part(payload)}".encode()
    signature = hmac.digest(RSA.as_pem(private=False), signing_input, "sha256")
    return f"{signing_input.decode()}.{part(signature)}"


def not_signed(name: str | None) -> Sign:
    def sign(header: dict[str, Any], payload: bytes) -> str:
        named = {} if name is None else {"alg": name}
        return f"{part(json.dumps({**named, **header}).encode())}.{part(payload)}."

    return sign


@dataclass
class OpenId:
    """Its `peer` keeps what it was sent. What is set to None in a document is left out of it."""

    peer: Peer
    subject: str = "subject-1"
    metadata: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    user_info: dict[str, Any] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=lambda: [RSA, EC, ED])
    sign: Sign = field(default_factory=lambda: signed_with(RSA, "RS256"))
    token: Behaviour | None = None
    """In place of the token endpoint."""
    path: str = ""
    """Where it is at its peer's."""
    service_token: str | None = None
    """What the client itself gets; None: it gets none."""
    service_scope: str | None = None
    """What it has to ask for to get it."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    """By code, what was asked for at the authorization endpoint."""

    @property
    def issuer(self) -> str:
        return self.peer.url + self.path

    def asked_for(self, path: str) -> int:
        return sum(urlsplit(each.target).path == path for each in self.peer.received)

    def sign_in(self, url: str, **more: str) -> dict[str, str]:
        """What a browser that was sent to `url` brings back."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], **more}

    async def serve(self, received: Received, writer: Any) -> None:
        answer = {
            "/.well-known/openid-configuration": self._metadata,
            "/keys": self._keys,
            "/user-info": self._user_info,
            "/token": self._token,
        }.get(urlsplit(received.target).path.removeprefix(self.path))
        behaviour = answers(404) if answer is None else answer(received)
        await behaviour(received, writer)

    def _metadata(self, received: Received) -> Behaviour:
        return _json(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/user-info",
                "response_types_supported": ["code"],
                "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA"],
                **self.metadata,
            }
        )

    def _keys(self, received: Received) -> Behaviour:
        return _json({"keys": [key.as_dict(private=False) for key in self.keys]})

    def _user_info(self, received: Received) -> Behaviour:
        return _json({"sub": self.subject, **self.user_info})

    def _token(self, received: Received) -> Behaviour:
        if self.token is not None:
            return self.token
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        form = {name: values[0] for name, values in parse_qs(received.body.decode()).items()}
        posted = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        if received.headers.get("authorization") != f"Basic {basic}" and not posted:
            return _json({"error": "invalid_client"}, 401)
        if form["grant_type"] == "client_credentials":
            if self.service_token is None or form.get("scope") != self.service_scope:
                return _json({"error": "unauthorized_client"}, 401)
            return _json({"access_token": self.service_token, "expires_in": 300})
        asked = self.codes.pop(form["code"], None)
        verifier = form["code_verifier"]
        if asked is None or asked["code_challenge"] != create_s256_code_challenge(verifier):
            return _json({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "preferred_username": "grace",
            "name": "Grace Hopper",
            "groups": ["gpu-users"],
            **self.claims,
        }
        payload = json.dumps({k: v for k, v in claims.items() if v is not None}).encode()
        return _json({"access_token": "access", "id_token": self.sign(self.header, payload)})


def _json(document: dict[str, Any], status: int = 200) -> Behaviour:
    told = {name: value for name, value in document.items() if value is not None}
    return answers(status, json.dumps(told).encode(), content_type="application/json")


@asynccontextmanager
async def open_id(
    tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[OpenId]:
    async with peer(tls=tls) as running:
        running.host = host
        provider = OpenId(running)
        running.behaviour = provider.serve
        yield provider
