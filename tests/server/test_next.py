"""Where signing in may lead: the same as web/src/session/next.test.ts asks of the dashboard."""

from __future__ import annotations

import pytest

from server.next import safe_next


@pytest.mark.parametrize("path", ["/", "/nodes", "/devices?health=CRITICAL&q=//h100", "/a/../b"])
def test_a_path_of_our_own_is_followed(path: str) -> None:
    assert safe_next(path) == path


@pytest.mark.spec("T-19")
@pytest.mark.parametrize(
    "elsewhere",
    [
        "",
        "nodes",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example",
        "%2f%2fevil.example",
        "/\t/evil.example",
        "/\r\n/evil.example",
        " /nodes",
        "/.//evil.example",
        "/a/..//evil.example",
        "/%2e//evil.example",
        "javascript:alert(1)",
        "/sign-in",
        "/sign-in?next=/",
        "/auth/begin",
        "/" + "a" * 2000,
    ],
)
def test_what_a_browser_could_read_as_another_site_leads_to_the_start(elsewhere: str) -> None:
    assert safe_next(elsewhere) == "/"
