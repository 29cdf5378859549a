"""What an OpenID provider tells about itself (OpenID Connect Discovery 1.0)."""

from __future__ import annotations

import base64
from urllib.parse import quote_plus

import msgspec

from identity.backend import Failed
from identity.id_tokens import ALGORITHMS
from identity.requests import Provider
from outbound.failures import Code, OutboundFailed
from outbound.policy import parse

PATH = "/.well-known/openid-configuration"
STEP = "discovery"


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """The part that is used; defaults as the specification has them (section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    response_types_supported: tuple[str, ...] = ("code",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    authorization_response_iss_parameter_supported: bool = False  # RFC 9207

    @property
    def algorithms(self) -> frozenset[str]:
        return ALGORITHMS.intersection(self.id_token_signing_alg_values_supported)

    def authenticate(
        self, client_id: str, secret: str, form: dict[str, str]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """The form and headers of the client's request to the token endpoint (RFC 6749, 2.3.1)."""
        if "client_secret_basic" not in self.token_endpoint_auth_methods_supported:
            return {**form, "client_id": client_id, "client_secret": secret}, {}
        both = f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()
        return form, {"authorization": f"Basic {base64.b64encode(both).decode()}"}


async def discover(provider: Provider, issuer: str) -> Metadata:
    """Raises: Failed, where it is another's, or not what we can use."""
    answer = await provider.get(STEP, issuer.removesuffix("/") + PATH)
    metadata = provider.read(STEP, answer, Metadata)
    if metadata.issuer != issuer:
        raise Failed(
            STEP,
            "What is found there is of another issuer. Enter the issuer exactly as the provider "
            "writes it, with or without the slash at its end.",
        )
    for url in (
        metadata.authorization_endpoint,
        metadata.token_endpoint,
        metadata.jwks_uri,
        metadata.userinfo_endpoint,
        metadata.end_session_endpoint,
    ):
        try:
            if url is not None and not url.isascii():
                raise OutboundFailed(Code.BAD_URL)
            if url is not None:
                provider.outbound.policy.require_url(parse(url))
        except OutboundFailed as failed:
            raise Failed(STEP, f"An endpoint that it names cannot be used. {failed}") from None
    if "code" not in metadata.response_types_supported:
        raise Failed(STEP, "The provider does not offer the authorization code flow.")
    if not {"client_secret_basic", "client_secret_post"}.intersection(
        metadata.token_endpoint_auth_methods_supported
    ):
        raise Failed(STEP, "The provider takes no client secret (client_secret_basic or _post).")
    if not metadata.algorithms:
        raise Failed(
            STEP, f"The provider signs with none of {', '.join(sorted(ALGORITHMS))}; set one there."
        )
    return metadata
