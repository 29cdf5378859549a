"""A kubeconfig is data: it runs nothing, reads nothing, and is refused with the reason (T-52)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from workers.kubernetes.connection import KubeconfigFile
from workers.kubernetes.kubeconfig import BadKubeconfig, read_kubeconfig


def kubeconfig(cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None) -> str:
    return yaml.safe_dump(
        {
            "clusters": [
                {"name": "a", "cluster": {"server": "https://k8s.example:6443", **(cluster or {})}}
            ],
            "users": [{"name": "a", "user": {"token": "secret-token", **(user or {})}}],
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
            "current-context": "a",
        }
    )


@pytest.mark.spec("T-52")
@pytest.mark.parametrize(
    ("cluster", "user", "why"),
    [
        ({}, {"exec": {"command": "/bin/touch", "args": ["SENTINEL"]}}, "names a program"),
        ({}, {"auth-provider": {"config": {"cmd-path": "/bin/touch"}}}, "names a program"),
        ({"certificate-authority": "/etc/passwd"}, {}, "names a file"),
        ({}, {"client-certificate": "/etc/passwd"}, "names a file"),
        ({}, {"client-key": "/root/.ssh/id_rsa"}, "names a file"),
        ({}, {"tokenFile": "/etc/shadow"}, "names a file"),
        ({"insecure-skip-tls-verify": True}, {}, "pose as the cluster"),
        ({"proxy-url": "http://evil.example"}, {}, "through a proxy"),
        ({}, {"as": "system:admin"}, "somebody else"),
        ({}, {"password": "x"}, "password"),
        ({"something-new": "x"}, {}, "not known"),
        ({"server": "http://k8s.example"}, {}, "https"),
        ({"server": "https://a:b@k8s.example"}, {}, "https"),
    ],
)
def test_what_would_run_read_or_weaken_is_refused_with_the_reason(
    tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any], why: str
) -> None:
    sentinel = tmp_path / "sentinel"
    text = kubeconfig(cluster, user).replace("SENTINEL", str(sentinel))
    with pytest.raises(BadKubeconfig, match=why) as refused:
        read_kubeconfig(text)
    assert "secret-token" not in str(refused.value)
    path = tmp_path / "kubeconfig"
    path.write_text(text)
    with pytest.raises(BadKubeconfig):  # at each load, too: a file changes
        KubeconfigFile(path).read()
    assert not sentinel.exists()


@pytest.mark.spec("T-52")
@pytest.mark.parametrize("text", ["", "[]", "a: [", "!!python/object/apply:os.system ['true']"])
def test_what_is_no_kubeconfig_is_refused(text: str) -> None:
    with pytest.raises(BadKubeconfig):
        read_kubeconfig(text)


def test_one_with_a_token_gives_where_and_as_whom_and_does_not_show_it() -> None:
    credentials = read_kubeconfig(kubeconfig())
    assert credentials.server == "https://k8s.example:6443"
    assert credentials.token == "secret-token"
    assert "secret-token" not in repr(credentials)
