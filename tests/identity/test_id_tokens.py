"""An ID token counts only when everything about it is exactly right."""

from __future__ import annotations

import time
from typing import Any

import pytest

from identity.backend import Failed
from identity.oidc import Oidc
from identity.settings import OidcSettings
from tests.identity.conftest import HERE
from tests.services.http_peer import peer
from tests.services.openid import (
    CLIENT_ID,
    CLIENT_SECRET,
    EC,
    ED,
    OTHER_RSA,
    RSA,
    WEAK_RSA,
    OpenId,
    Sign,
    not_signed,
    signed_with,
    signed_with_the_public_key_as_a_secret,
)

REDIRECT_URI = "http://127.0.0.1:8080/auth/callback"
HOUR = 3600


async def accepted(provider: OpenId) -> str:
    """The subject."""
    backend = Oidc(OidcSettings(issuer=provider.issuer, client_id=CLIENT_ID), CLIENT_SECRET, HERE)
    url, kept = await backend.begin(REDIRECT_URI)
    return (await backend.complete(kept, REDIRECT_URI, provider.sign_in(url))).subject


async def refused(provider: OpenId) -> Failed:
    with pytest.raises(Failed) as failed:
        await accepted(provider)
    return failed.value


@pytest.mark.parametrize(
    "sign",
    [
        signed_with(RSA, "RS256"),
        signed_with(RSA, "PS256"),
        signed_with(EC, "ES256"),
        signed_with(ED, "EdDSA"),
    ],
)
async def test_each_algorithm_that_is_allowed_is_understood(provider: OpenId, sign: Sign) -> None:
    provider.sign = sign
    assert await accepted(provider) == "subject-1"


@pytest.mark.spec("T-2")
@pytest.mark.parametrize(
    "sign",
    [
        not_signed("none"),
        not_signed("None"),
        not_signed(""),
        not_signed(None),
        signed_with_the_public_key_as_a_secret,
    ],
)
async def test_a_token_without_a_signature_or_with_one_that_anybody_can_make_is_refused(
    provider: OpenId, sign: Sign
) -> None:
    provider.metadata["id_token_signing_alg_values_supported"] = ["RS256", "HS256", "none"]
    provider.sign = sign
    assert "signed in a way that is not allowed" in str(await refused(provider))


@pytest.mark.spec("T-2")
async def test_a_provider_that_offers_only_such_signatures_is_not_used(provider: OpenId) -> None:
    provider.metadata["id_token_signing_alg_values_supported"] = ["HS256", "none"]
    assert (await refused(provider)).step == "discovery"


@pytest.mark.spec("T-3")
@pytest.mark.parametrize("header", ["jwk", "jku", "x5u", "x5c"])
async def test_a_key_that_the_token_brings_along_is_neither_used_nor_fetched(
    provider: OpenId, header: str
) -> None:
    async with peer() as elsewhere:
        provider.sign = signed_with(OTHER_RSA, "RS256")
        brought = {"jwk": OTHER_RSA.as_dict(private=False), "x5c": ["MIIB"]}
        provider.header[header] = brought.get(header, elsewhere.url)
        assert f"header has {header}" in str(await refused(provider))
        assert elsewhere.connections == 0


@pytest.mark.spec("T-3")
@pytest.mark.parametrize("key_id", ["rsa", "unknown", None])
async def test_without_the_providers_key_nothing_is_verified(
    provider: OpenId, key_id: str | None
) -> None:
    provider.sign, provider.header = signed_with(OTHER_RSA, "RS256"), {"kid": key_id or "rsa"}
    provider.keys = [] if key_id is None else [RSA]
    assert (await refused(provider)).step in ("keys", "ID token")


@pytest.mark.spec("T-3")
async def test_a_weak_key_counts_as_none(provider: OpenId) -> None:
    provider.keys, provider.sign = [WEAK_RSA], signed_with(WEAK_RSA, "RS256")
    assert (await refused(provider)).step == "keys"


async def test_a_key_is_for_the_algorithm_that_it_says(provider: OpenId) -> None:
    provider.keys = [type(RSA).import_key({**RSA.as_dict(private=False), "alg": "PS256"})]
    assert (await refused(provider)).step == "keys"


@pytest.mark.spec("T-5")
@pytest.mark.parametrize("claim", ["iss", "sub", "aud"])
@pytest.mark.parametrize("wrong", [None, "", 7, True, {"is": "right"}, [], ["wrong"], [["right"]]])
async def test_issuer_subject_and_audience_are_exactly_right_or_refused(
    provider: OpenId, claim: str, wrong: Any
) -> None:
    provider.claims[claim] = wrong
    assert (await refused(provider)).step == "ID token"


@pytest.mark.spec("T-5")
async def test_an_issuer_in_a_list_is_no_issuer(provider: OpenId) -> None:
    provider.claims["iss"] = [provider.issuer]
    assert "another issuer" in str(await refused(provider))


@pytest.mark.spec("T-5")
@pytest.mark.parametrize("nonce", [None, "wrong", ["wrong"], 7, ""])
async def test_the_nonce_is_ours_whatever_the_token_says_of_nonces(
    provider: OpenId, nonce: Any
) -> None:
    provider.claims |= {"nonce": nonce, "nonce_supported": False}
    assert "answer to another request" in str(await refused(provider))


@pytest.mark.spec("T-5")
@pytest.mark.parametrize(
    ("claims", "is_accepted"),
    [
        ({"aud": [CLIENT_ID]}, True),
        ({"aud": [CLIENT_ID, "other"], "azp": CLIENT_ID}, True),
        ({"aud": [CLIENT_ID, "other"]}, False),
        ({"aud": [CLIENT_ID, "other"], "azp": "other"}, False),
        ({"aud": [CLIENT_ID, 7], "azp": CLIENT_ID}, False),
        ({"azp": "other"}, False),
        ({"azp": [CLIENT_ID]}, False),
    ],
)
async def test_a_token_for_several_was_given_to_us_or_is_refused(
    provider: OpenId, claims: dict[str, Any], is_accepted: bool
) -> None:
    provider.claims |= claims
    if is_accepted:
        assert await accepted(provider)
    else:
        assert (await refused(provider)).step == "ID token"


@pytest.mark.parametrize(
    ("claim", "hours"),
    [("exp", -1), ("iat", 1), ("nbf", 1)],
)
async def test_a_token_that_is_over_or_of_the_future_is_refused(
    provider: OpenId, claim: str, hours: int
) -> None:
    provider.claims[claim] = int(time.time()) + hours * HOUR
    assert "clock" in str(await refused(provider))


@pytest.mark.parametrize("claim", ["exp", "iat"])
@pytest.mark.parametrize("wrong", [None, "4102444800", True, [4102444800]])
async def test_a_token_without_its_times_is_refused(
    provider: OpenId, claim: str, wrong: Any
) -> None:
    provider.claims[claim] = wrong
    assert "is not a time" in str(await refused(provider))


@pytest.mark.spec("T-6")
async def test_a_hash_that_binds_another_access_token_is_refused(provider: OpenId) -> None:
    for wrong in ("garbage", "", 7):
        provider.claims["at_hash"] = wrong
        assert "another access token" in str(await refused(provider))
    provider.claims["at_hash"] = "oFYf1knNtrqnhAVfBRuteQ"  # of "access"
    assert await accepted(provider)


@pytest.mark.spec("T-6", "T-61")
@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["unknown"], "unknown": True},
        {"crit": []},
        {"b64": False, "crit": ["b64"]},
        {"b64": True},
    ],
)
async def test_headers_that_change_how_a_token_is_read_are_refused(
    provider: OpenId, header: dict[str, Any]
) -> None:
    provider.header = header
    assert "which is not accepted" in str(await refused(provider))


@pytest.mark.spec("T-61")
async def test_a_token_that_is_too_long_is_refused_before_it_is_parsed(provider: OpenId) -> None:
    provider.sign = lambda header, payload: "not.a-token." * 4000
    assert "longer than" in str(await refused(provider))
    provider.sign = signed_with(RSA, "RS256")
    provider.claims["groups"] = [f"{number:036}" for number in range(200)]
    assert await accepted(provider)


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b", "a.b.c.d.e", "ä.b.c", "e30.e30.", "AAAA.e30.e30"]
)
async def test_what_is_no_token_is_refused(provider: OpenId, token: str) -> None:
    provider.sign = lambda header, payload: token
    assert (await refused(provider)).step == "ID token"


async def test_a_token_of_another_type_is_refused(provider: OpenId) -> None:
    provider.header["typ"] = "at+jwt"
    assert "another type" in str(await refused(provider))
