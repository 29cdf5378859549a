"""One process as /proc shows it (proc_pid_stat(5), proc_pid_status(5), cgroups(7))."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_INITIAL_NAMESPACE = 0xEFFFFFFC  # PROC_PID_INIT_INO in Linux' include/linux/proc_ns.h
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    comm: str
    state: str
    parent_pid: int
    uid: int  # the real one: a set-uid program belongs to who started it
    started_ticks: int  # since boot; with the pid, what tells a process from a later one

    @property
    def is_over(self) -> bool:
        return self.state in "ZX"

    def started_at(self, booted_at: float) -> float:
        return booted_at + self.started_ticks / _TICKS_PER_SECOND


def read_process(pid: int) -> Process | None:
    """None where it has ended, or is of another process namespace."""
    folder = _PROC / str(pid)
    try:
        stat = (folder / "stat").read_text(errors="replace")
        status = (folder / "status").read_text(errors="replace")
    except OSError:
        return None
    before, _, after = stat.rpartition(")")  # the name may hold brackets and spaces itself
    fields = after.split()
    uids = status.partition("\nUid:")[2].split()
    if len(fields) < 20 or not uids:
        return None  # it ended while it was being read
    return Process(
        pid=pid,
        comm=before.partition("(")[2],
        state=fields[0],
        parent_pid=int(fields[1]),
        uid=int(uids[0]),
        started_ticks=int(fields[19]),
    )


def may_be_alive(pid: int) -> bool:
    """Of a process that cannot be read: whether it may be there, out of our sight.

    So it is below hidepid (proc(5)), and for one who is not in the host's process namespace.
    """
    if _own_namespace() != _INITIAL_NAMESPACE:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return False  # it can be signalled but not read: it has just ended


def _own_namespace() -> int:
    return (_PROC / "self/ns/pid").stat().st_ino


def read_command_line(pid: int) -> list[str]:
    try:
        raw = (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return [part.decode(errors="replace") for part in raw.split(b"\0") if part]


def read_cgroup(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "cgroup").read_text(errors="replace")
    except OSError:
        return ""
