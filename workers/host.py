"""The host beside its GPUs: who it is, and what its processors, memory and disk are doing."""

from __future__ import annotations

import contextlib
import ipaddress
import platform
import socket
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import psutil

from telemetry.samples import HostSample, NodeId

_MACHINE_ID_FILES = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_NAMESPACE = uuid.UUID("8a2f0c0e-9b7a-4b8e-8c41-5f5b6e0b7d11")
_VIRTUAL_INTERFACES = (
    "lo",
    "docker",
    "veth",
    "br-",
    "cni",
    "flannel",
    "cali",
    "cilium",
    "lxc",
    "ifb",
)


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What does not change while the host runs, except its addresses."""

    node_id: NodeId
    host_name: str
    addresses: list[str]
    mac_address: str | None
    os_name: str | None
    kernel_version: str
    cpu_model: str | None
    cpu_count: int | None
    memory_total_bytes: int
    booted_at: float


def host_facts() -> HostFacts:
    """Reads files and interfaces: a few milliseconds, so not for every tick."""
    mac_address, addresses = _interfaces()
    return HostFacts(
        node_id=machine_id(),
        host_name=socket.gethostname(),
        addresses=addresses,
        mac_address=mac_address,
        os_name=_os_name(),
        kernel_version=platform.release(),
        cpu_model=_cpu_model(),
        cpu_count=psutil.cpu_count(),
        memory_total_bytes=psutil.virtual_memory().total,
        booted_at=booted_at(),
    )


def host_sample() -> HostSample:
    """Half a millisecond of /proc. The processors' share is that since the call before this one."""
    memory = psutil.virtual_memory()
    disk_used, disk_total = _disk()
    return HostSample(
        cpu_percent=psutil.cpu_percent(),
        memory_used_bytes=memory.total - memory.available,
        memory_total_bytes=memory.total,
        disk_used_bytes=disk_used,
        disk_total_bytes=disk_total,
        load_1m=psutil.getloadavg()[0],
        uptime_seconds=max(0.0, time.time() - psutil.boot_time()),
    )


def machine_id() -> NodeId:
    """machine-id(5); a container image that has none is known by its MAC instead."""
    for path in _MACHINE_ID_FILES:
        with contextlib.suppress(OSError):
            text = path.read_text().strip()
            if len(text) == 32:
                return NodeId(text)
    mac_address, _ = _interfaces()
    return NodeId(uuid.uuid5(_NAMESPACE, mac_address or socket.gethostname()).hex)


def kernel_boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def booted_at() -> float:
    return float(psutil.boot_time())


def _disk() -> tuple[int | None, int | None]:
    try:
        disk = psutil.disk_usage("/")
    except OSError:
        return None, None
    return disk.used, disk.total


def _os_name() -> str | None:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME")
    except OSError:
        return None


def _cpu_model() -> str | None:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return None


def _interfaces() -> tuple[str | None, list[str]]:
    """The MAC of the interface that leads out, and the addresses by which others reach the host."""
    first = _default_interface()
    interfaces = psutil.net_if_addrs()
    mac_address: str | None = None
    addresses: list[str] = []
    for name in sorted(interfaces, key=lambda name: (name != first, name)):
        if name.startswith(_VIRTUAL_INTERFACES):
            continue
        for entry in interfaces[name]:
            if entry.family == psutil.AF_LINK:
                mac_address = mac_address or entry.address
            elif entry.family in (socket.AF_INET, socket.AF_INET6):
                address = ipaddress.ip_address(entry.address.partition("%")[0])
                if not (address.is_loopback or address.is_link_local):
                    addresses.append(str(address))
    return mac_address, addresses


def _default_interface() -> str | None:
    """The interface of the default route (/proc/net/route: destination 0)."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/net/route").read_text().splitlines()[1:]:
            interface, destination, *_ = line.split()
            if destination == "00000000":
                return interface
    return None
