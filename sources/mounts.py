"""What is mounted where, as /proc/self/mountinfo tells it (man 5 proc_pid_mountinfo)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

MOUNTINFO = Path("/proc/self/mountinfo")
NFS_TYPES = ("nfs", "nfs4")
ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    device: int
    point: str
    type: str
    source: str

    @property
    def is_nfs(self) -> bool:
        return self.type in NFS_TYPES


def read_mounts(text: str) -> list[Mount]:
    """In the order in which they were mounted."""
    mounts = []
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, more = before.split(" "), after.split(" ")
        if len(fields) < 5 or len(more) < 2:
            continue
        major, _, minor = fields[2].partition(":")
        device = os.makedev(int(major), int(minor))
        mounts.append(Mount(device, _plain(fields[4]), more[0], _plain(more[1])))
    return mounts


def mount_of(path: str, device: int) -> Mount | None:
    """That of a file on `device` at `path`: the longest mount point above it, the latest of two."""
    above = [
        mount
        for mount in read_mounts(MOUNTINFO.read_text())
        if mount.device == device and _is_above(mount.point, path)
    ]
    return max(reversed(above), key=lambda mount: len(mount.point), default=None)


def _is_above(point: str, path: str) -> bool:
    return path == point or path.startswith(point.rstrip("/") + "/")


def _plain(text: str) -> str:
    return ESCAPED.sub(lambda found: chr(int(found[1], 8)), text)
