"""A repository is tried by really listing and pushing, and its URL is nothing but a URL."""

from __future__ import annotations

import pytest

from outbound.client import Outbound
from outbound.failures import Code, OutboundFailed
from outbound.policy import Policy
from sources.failures import SourceFailed, Step
from sources.git import try_git
from sources.settings import Git
from tests.services.git_host import GitHost


async def tried(outbound: Outbound, url: str, token: str) -> tuple[str, list[Step]]:
    steps: list[Step] = []
    return await try_git(outbound, Git(url), token, steps.append), steps


async def refused(outbound: Outbound, url: str, token: str = "token-that-pushes") -> SourceFailed:
    with pytest.raises(SourceFailed) as failed:
        await tried(outbound, url, token)
    assert "canary" not in str(failed.value)
    assert token not in str(failed.value)
    return failed.value


@pytest.mark.spec("DVS-2")
async def test_a_repository_that_can_be_pushed_to_is_found_so_and_left_as_it_was(
    outbound: Outbound, git: GitHost
) -> None:
    found, steps = await tried(outbound, git.url, "token-that-pushes")
    assert found == "Signed in, 0 refs listed, one pushed and deleted"
    assert steps == [Step.SIGN_IN, Step.PUSH, Step.DELETE]
    assert git.requests.count("POST /team/versions.git/git-receive-pack") == 2
    assert git.refs() == set()
    git.commit(b"refs/heads/main")
    found, _ = await tried(outbound, git.url, "token-that-pushes")
    assert found == "Signed in, 1 ref listed, one pushed and deleted"
    assert git.refs() == {b"refs/heads/main"}


@pytest.mark.spec("DVS-2", "T-41")
async def test_what_does_not_work_is_named_by_its_step_and_how_to_mend_it(
    outbound: Outbound, git: GitHost
) -> None:
    wrong = await refused(outbound, git.url, "wrong token")
    assert (wrong.step, "make a new one" in wrong.reason) == (Step.SIGN_IN, True)
    wrong = await refused(outbound, git.url, "token-that-reads")
    assert (wrong.step, "right to write" in wrong.reason) == (Step.PUSH, True)
    wrong = await refused(outbound, git.url.replace("team", "nobody"))
    assert (wrong.step, "no Git repository" in wrong.reason) == (Step.ADDRESS, True)
    git.refuses_pushes = True
    assert (await refused(outbound, git.url)).step is Step.ADDRESS


@pytest.mark.spec("T-53", "T-42")
@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c touch% sentinel",
        "ext::sh",
        "file:///etc",
        "file://localhost/etc",
        "/etc/passwd",
        "ssh://git@github.com/team/repo.git",
        "git@github.com:team/repo.git",
        "git://github.com/team/repo.git",
        "--upload-pack=touch sentinel",
        "-u/etc/passwd",
        "-oProxyCommand=touch",
        "https://github.com/$AWS_SECRET_ACCESS_KEY/repo.git",
        "https://$AWS_SECRET_ACCESS_KEY.example.org/repo.git",
        "https://github.com/`id`/repo.git",
        "https://user@github.com/team/repo.git",
        "https://user:password@github.com/team/repo.git",
        "https://github.com/team/repo.git?--output=x",
        "https://github.com/team/repo.git#fragment",
        "https://github.com",
        "https://169.254.169.254/team/repo.git",
        "https://2852039166/team/repo.git",
        "https://[::ffff:169.254.169.254]/team/repo.git",
        "https://git.default.svc/team/repo.git",
        "",
    ],
)
async def test_no_other_spelling_of_a_place_is_taken(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    wrong = await refused(Outbound(Policy(), resolve=resolve), url)
    assert wrong.step is Step.ADDRESS
    assert asked == []  # nothing was called


@pytest.mark.spec("T-53")
async def test_plain_http_is_for_installations_that_allow_it(git: GitHost) -> None:
    wrong = await refused(Outbound(Policy.of("127.0.0.0/8")), git.url)
    assert "https" in wrong.reason
    assert git.requests == []


@pytest.mark.spec("T-41", "T-47")
async def test_a_redirect_is_not_followed(outbound: Outbound, git: GitHost) -> None:
    for place in ("http://169.254.169.254/latest/meta-data", git.url):
        git.redirects_to = place
        with pytest.raises(OutboundFailed) as failed:
            await tried(outbound, git.url, "token-that-pushes")
        assert failed.value.code is Code.REDIRECTED
    assert len(git.requests) == 2


@pytest.mark.spec("T-41")
@pytest.mark.parametrize("found", [["169.254.169.254"], ["8.8.8.8", "169.254.169.254"]])
async def test_a_name_that_leads_to_the_metadata_of_a_cloud_is_refused(found: list[str]) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        assert host == "git.example.org."  # no search list completes it
        return found

    outbound = Outbound(Policy(), resolve=resolve)
    with pytest.raises(OutboundFailed) as failed:
        await tried(outbound, "https://git.example.org/team/versions.git", "token")
    assert failed.value.code is Code.ADDRESS_FORBIDDEN
