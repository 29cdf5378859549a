"""The same sign-in at providers that others wrote, by HTTP as a browser does it."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest
from oidc_provider_mock import User, run_server_in_thread

from identity.backend import Failed, Person
from identity.oidc import Oidc
from identity.settings import OidcSettings
from tests.identity.conftest import HERE
from tests.services.certified_openid import certified_provider
from tests.services.openid import CLIENT_ID, CLIENT_SECRET

REDIRECT_URI = "http://127.0.0.1:9/auth/callback"  # never connected to
PROFILE = {"preferred_username": "grace", "name": "Grace Hopper", "groups": ["gpu-users"]}


async def walk(url: str, *forms: dict[str, str]) -> dict[str, str]:
    """What comes back at the redirect URI, once each page's form is sent with these fields."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(url)
        for form in forms:
            answer = await follow(browser, answer)
            action = re.search(r'action="([^"]+)"', answer.text)
            there = urljoin(str(answer.url), unescape(action[1])) if action else str(answer.url)
            answer = await browser.post(there, data=form)
        answer = await follow(browser, answer)
        assert answer.headers["location"].startswith(REDIRECT_URI)
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


async def follow(browser: httpx.AsyncClient, answer: httpx.Response) -> httpx.Response:
    while answer.is_redirect and not answer.headers["location"].startswith(REDIRECT_URI):
        answer = await browser.get(urljoin(str(answer.url), answer.headers["location"]))
    return answer


async def test_with_the_certified_provider_of_npm(tmp_path: Path) -> None:
    with certified_provider(tmp_path, REDIRECT_URI) as issuer:
        settings = OidcSettings(
            issuer=issuer,
            client_id=CLIENT_ID,
            scopes="openid profile groups",
            required_group="gpu-users",
        )
        backend = Oidc(settings, CLIENT_SECRET, HERE)
        assert "The client id and secret are known there" in await backend.check()
        with pytest.raises(Failed, match="client secret is wrong"):
            await Oidc(settings, "wrong", HERE).check()
        url, kept = await backend.begin(REDIRECT_URI)
        login = {"prompt": "login", "login": "7", "password": "any"}
        answer = await walk(url, login, {"prompt": "consent"})
        assert answer["iss"] == issuer  # RFC 9207
        person = await backend.complete(kept, REDIRECT_URI, answer)
        assert person == Person("7", "name-7", "Name of 7", ("gpu-users",))
        with pytest.raises(Failed):  # a code is good for once
            await backend.complete(kept, REDIRECT_URI, answer)


async def test_with_the_provider_of_pypi() -> None:
    people = [User(sub="subject-7", claims=PROFILE)]
    with run_server_in_thread(user_claims=people, require_nonce=True) as server:
        issuer = f"http://127.0.0.1:{server.server_port}"
        backend = Oidc(OidcSettings(issuer=issuer, client_id=CLIENT_ID), CLIENT_SECRET, HERE)
        await backend.check()
        url, kept = await backend.begin(REDIRECT_URI)
        answer = await walk(url, {"sub": "subject-7"})
        person = await backend.complete(kept, REDIRECT_URI, answer)
        assert person == Person("subject-7", "grace", "Grace Hopper", ("gpu-users",))
        url, kept = await backend.begin(REDIRECT_URI)
        with pytest.raises(Failed):
            await backend.complete(kept, REDIRECT_URI, await walk(url, {"action": "deny"}))
