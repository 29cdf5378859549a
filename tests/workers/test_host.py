"""The host beside its GPUs, as this very machine shows it."""

from __future__ import annotations

import ipaddress
import os
import time

import pytest

from workers import host


@pytest.mark.spec("NODE-2")
def test_a_host_tells_who_it_is_and_what_it_has():
    facts = host.host_facts()
    assert facts.kernel_version == os.uname().release
    assert facts.host_name == os.uname().nodename
    assert facts.cpu_count == os.cpu_count()
    assert 0 < facts.booted_at < time.time()
    assert not any(ipaddress.ip_address(a).is_loopback for a in facts.addresses)


@pytest.mark.spec("NODE-2")
def test_a_node_is_known_by_its_machine_id(tmp_path, monkeypatch):
    (tmp_path / "machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    monkeypatch.setattr(host, "_MACHINE_ID_FILES", (tmp_path / "none", tmp_path / "machine-id"))
    assert host.machine_id() == "0123456789abcdef0123456789abcdef"


def test_a_host_without_a_machine_id_is_still_the_same_node_tomorrow(tmp_path, monkeypatch):
    (tmp_path / "uninitialised").write_text("uninitialized\n")  # systemd, before the first boot
    monkeypatch.setattr(host, "_MACHINE_ID_FILES", (tmp_path / "uninitialised",))
    assert host.machine_id() == host.machine_id()
    assert len(host.machine_id()) == 32
