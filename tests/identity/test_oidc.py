"""Sign-in by OpenID Connect, up to the person: against a provider that may lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from identity.backend import Failed, NotAdmitted, NotListed, Person
from identity.oidc import Oidc
from identity.requests import Provider
from identity.settings import OidcSettings
from identity.signing_keys import AGAIN_AFTER_SECONDS, SigningKeys
from outbound.client import Outbound
from outbound.policy import Policy
from tests.identity.conftest import HERE
from tests.services.certificates import server_certificate
from tests.services.http_peer import answers, peer
from tests.services.openid import CLIENT_ID, CLIENT_SECRET, EC, RSA, OpenId, open_id

REDIRECT_URI = "https://gpus.example.org/auth/callback"


def backend_of(provider: OpenId, *, secret: str = CLIENT_SECRET, **settings: Any) -> Oidc:
    given = OidcSettings(issuer=provider.issuer, client_id=CLIENT_ID, **settings)
    return Oidc(given, secret, HERE)


async def sign_in(provider: OpenId, **settings: Any) -> Person:
    backend = backend_of(provider, **settings)
    url, kept = await backend.begin(REDIRECT_URI)
    return await backend.complete(kept, REDIRECT_URI, provider.sign_in(url))


async def test_who_comes_back_is_known_by_the_providers_subject(provider: OpenId) -> None:
    person = await sign_in(provider)
    assert person == Person("subject-1", "grace", "Grace Hopper", ("gpu-users",))


@pytest.mark.parametrize("methods", [None, ["client_secret_post"], ["client_secret_basic"]])
async def test_the_client_shows_who_it_is_as_the_provider_wants_it(
    provider: OpenId, methods: list[str] | None
) -> None:
    provider.metadata["token_endpoint_auth_methods_supported"] = methods
    assert await sign_in(provider)
    asked = next(each for each in provider.peer.received if each.target == "/token")
    assert ("authorization" in asked.headers) == (methods != ["client_secret_post"])
    assert b"code_verifier=" in asked.body


@pytest.mark.spec("T-1")
@pytest.mark.parametrize("state", ["", "another", None])
async def test_an_answer_with_another_state_is_refused_and_its_code_sent_nowhere(
    provider: OpenId, state: str | None
) -> None:
    backend = backend_of(provider)
    url, kept = await backend.begin(REDIRECT_URI)
    answer = provider.sign_in(url) | {"state": state or ""}
    if state is None:
        del answer["state"]
    with pytest.raises(Failed, match="another request"):
        await backend.complete(kept, REDIRECT_URI, answer)
    assert provider.asked_for("/token") == 0


@pytest.mark.spec("T-1")
async def test_the_answer_to_one_request_does_not_complete_another(provider: OpenId) -> None:
    backend = backend_of(provider)
    url, _ = await backend.begin(REDIRECT_URI)
    _, kept_of_another = await backend.begin(REDIRECT_URI)
    with pytest.raises(Failed, match="another request"):
        await backend.complete(kept_of_another, REDIRECT_URI, provider.sign_in(url))


@pytest.mark.spec("T-5")
@pytest.mark.parametrize(
    ("announced", "named", "is_accepted"),
    [
        (True, "own", True),
        (True, None, False),
        (True, "https://another.example.org", False),
        (False, "https://another.example.org", False),
        (False, None, True),
    ],
)
async def test_an_answer_of_another_issuer_is_not_redeemed_here(
    provider: OpenId, announced: bool, named: str | None, is_accepted: bool
) -> None:
    """The mix-up of RFC 9207."""
    provider.metadata["authorization_response_iss_parameter_supported"] = announced
    backend = backend_of(provider)
    url, kept = await backend.begin(REDIRECT_URI)
    issuer = provider.issuer if named == "own" else named
    answer = provider.sign_in(url, **({} if issuer is None else {"iss": issuer}))
    if is_accepted:
        assert await backend.complete(kept, REDIRECT_URI, answer)
        return
    with pytest.raises(Failed, match="another issuer"):
        await backend.complete(kept, REDIRECT_URI, answer)
    assert provider.asked_for("/token") == 0


async def test_what_the_provider_says_went_wrong_is_told_in_words_of_our_own(
    provider: OpenId,
) -> None:
    backend = backend_of(provider)
    for error, told in (("access_denied", "given up"), ("<script>", "for another reason")):
        url, kept = await backend.begin(REDIRECT_URI)
        state = provider.sign_in(url)["state"]
        answer = {"error": error, "error_description": "<script>alert(1)</script>", "state": state}
        with pytest.raises(Failed, match=told) as failed:
            await backend.complete(kept, REDIRECT_URI, answer)
        assert "script" not in str(failed.value)


async def test_a_provider_that_is_away_is_not_asked_by_everybody_who_comes(
    provider: OpenId,
) -> None:
    backend = backend_of(provider)
    provider.peer.behaviour = answers(500)
    for _ in range(5):
        with pytest.raises(Failed, match="500"):
            await backend.begin(REDIRECT_URI)
    assert provider.peer.connections == 1
    provider.peer.behaviour = provider.serve
    assert await backend.check()  # an operator asks at once
    assert await backend.begin(REDIRECT_URI)


@pytest.mark.parametrize("path", ["/", "/other", "?a=b"])
async def test_discovery_of_another_issuer_is_refused(provider: OpenId, path: str) -> None:
    provider.metadata["issuer"] = provider.issuer + path
    with pytest.raises(Failed, match="another issuer") as failed:
        await backend_of(provider).begin(REDIRECT_URI)
    assert failed.value.step == "discovery"


@pytest.mark.spec("T-42")
@pytest.mark.parametrize(
    "name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"]
)
@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://169.254.169.254/latest",
        "http://2130706433/",
        "http://a@b.org/",
    ],
)
async def test_an_endpoint_that_may_not_be_called_is_refused_before_anybody_is_sent_there(
    provider: OpenId, name: str, url: str
) -> None:
    provider.metadata[name] = url
    with pytest.raises(Failed, match="An endpoint that it names"):
        await backend_of(provider).begin(REDIRECT_URI)


@pytest.mark.spec("T-41", "T-43", "T-47")
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
async def test_no_redirect_of_the_provider_is_followed_and_no_secret_goes_along(
    provider: OpenId, path: str
) -> None:
    async with peer() as elsewhere:
        honest = provider.serve

        async def leads_away(received: Any, writer: Any) -> None:
            if received.target != path:
                return await honest(received, writer)
            return await answers(307, b"canary", location=f"{elsewhere.url}/")(received, writer)

        provider.peer.behaviour = leads_away
        with pytest.raises(Failed, match="307") as failed:
            await sign_in(provider)
        assert elsewhere.connections == 0
        assert "canary" not in str(failed.value)


@pytest.mark.spec("T-41")
async def test_without_an_exception_no_provider_of_this_machine_is_called(provider: OpenId) -> None:
    settings = OidcSettings(issuer=provider.issuer, client_id=CLIENT_ID)
    for policy in (Policy(allows_http=True), Policy.of("127.0.0.1")):
        with pytest.raises(Failed):
            await Oidc(settings, CLIENT_SECRET, policy).begin(REDIRECT_URI)
    assert provider.peer.connections == 0


@pytest.mark.spec("T-12")
async def test_a_certificate_counts_only_when_its_authority_was_given(tmp_path: Path) -> None:
    tls, authority = server_certificate(tmp_path, "localhost")
    policy = Policy.of("localhost")
    async with open_id(tls, "localhost") as provider:
        plain = OidcSettings(issuer=provider.issuer, client_id=CLIENT_ID)
        with pytest.raises(Failed, match="certificate"):
            await Oidc(plain, CLIENT_SECRET, policy).begin(REDIRECT_URI)
        trusting = OidcSettings(
            issuer=provider.issuer, client_id=CLIENT_ID, ca_certificate=authority.read_text()
        )
        backend = Oidc(trusting, CLIENT_SECRET, policy)
        url, kept = await backend.begin(REDIRECT_URI)
        assert await backend.complete(kept, REDIRECT_URI, provider.sign_in(url))
    with pytest.raises(Failed, match="PEM"):
        Oidc(OidcSettings(issuer="https://a.org", client_id="a", ca_certificate="b"), "c", policy)


@pytest.mark.spec("T-8")
@pytest.mark.parametrize("verified", [None, False, "true", 1])
async def test_an_address_that_is_not_verified_is_used_for_nothing(
    provider: OpenId, verified: Any
) -> None:
    provider.claims |= {"email": "admin@example.org", "email_verified": verified, "name": None}
    person = await sign_in(provider, name_claim="email")
    assert person == Person("subject-1", "subject-1", None, ("gpu-users",))
    provider.claims["email_verified"] = True
    assert (await sign_in(provider, name_claim="email")).name == "admin@example.org"


@pytest.mark.spec("T-9")
@pytest.mark.parametrize("groups", [None, [], ["gpu"], "gpu-user", ["GPU-USERS"], {"gpu-users": 1}])
async def test_who_is_not_in_the_required_group_is_not_let_in(
    provider: OpenId, groups: Any
) -> None:
    provider.claims["groups"] = groups
    with pytest.raises(NotAdmitted):
        await sign_in(provider, required_group="gpu-users")
    with pytest.raises(NotAdmitted):  # nobody is in a group that has no name, or is told nowhere
        await sign_in(provider, required_group="")
    provider.claims["groups"] = ["gpu-users"]
    assert await sign_in(provider, required_group="gpu-users")
    with pytest.raises(NotAdmitted):
        await sign_in(provider, required_group="gpu-users", groups_claim=None)


async def test_what_the_token_does_not_tell_the_user_info_does(provider: OpenId) -> None:
    provider.claims |= {"preferred_username": None, "groups": None}
    provider.user_info = {"preferred_username": "told", "name": "not this", "groups": ["more"]}
    assert await sign_in(provider) == Person("subject-1", "told", "Grace Hopper", ("more",))


@pytest.mark.spec("T-5")
@pytest.mark.parametrize("subject", ["another", None, ["subject-1"], ""])
async def test_the_user_info_of_another_person_is_refused(provider: OpenId, subject: Any) -> None:
    provider.claims["groups"] = None
    provider.user_info = {"sub": subject, "groups": ["gpu-users"]}
    with pytest.raises(Failed):
        await sign_in(provider)


async def test_a_new_key_is_fetched_when_a_token_names_it_but_not_over_and_over(
    provider: OpenId,
) -> None:
    now = 0.0
    keys = SigningKeys(Provider(Outbound(HERE), "it"), f"{provider.issuer}/keys", lambda: now)
    provider.keys = [RSA]
    assert await keys.find("RS256", "rsa")
    provider.keys = [RSA, EC]
    for _ in range(3):
        with pytest.raises(Failed):
            await keys.find("ES256", "ec")
    assert provider.asked_for("/keys") == 1
    now = AGAIN_AFTER_SECONDS + 1
    assert await keys.find("ES256", "ec")
    assert provider.asked_for("/keys") == 2


async def test_a_check_tells_its_steps(provider: OpenId) -> None:
    assert await backend_of(provider).check() == [
        "Found the provider, and it is this issuer",
        "Found 3 keys to check signatures by",
        "The client id and secret are known there",
        "People are listed once they have tried to sign in",
    ]
    tried = next(each for each in provider.peer.received if each.target == "/token")
    assert CLIENT_SECRET not in str(tried.body)


@pytest.mark.spec("CRED-2")
async def test_a_wrong_client_secret_is_found_out_before_it_is_used(provider: OpenId) -> None:
    with pytest.raises(Failed, match="client secret is wrong") as failed:
        await backend_of(provider, secret="wrong").check()
    assert failed.value.step == "token"


@pytest.mark.spec("CRED-2")
async def test_each_step_that_fails_is_named(provider: OpenId) -> None:
    provider.keys = []
    with pytest.raises(Failed) as failed:
        await backend_of(provider).check()
    assert failed.value.step == "keys"
    provider.keys, provider.token = [RSA], answers(500)
    with pytest.raises(Failed) as failed:
        await backend_of(provider).check()
    assert failed.value.step == "token"
    provider.peer.behaviour = answers(200, b"<html>canary</html>")
    with pytest.raises(Failed) as failed:
        await backend_of(provider).check()
    assert failed.value.step == "discovery"
    assert "canary" not in str(failed.value)


async def test_without_a_directory_nobody_is_listed_and_nobody_said_to_have_left(
    provider: OpenId,
) -> None:
    backend = backend_of(provider)
    with pytest.raises(NotListed):
        await backend.people()
    assert await backend.look_up(["subject-1"]) == {}
