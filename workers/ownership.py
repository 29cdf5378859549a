"""Whose a process is: its OS user, its pod and container, and the job that it is a part of.

A job is a pod, a Slurm job, or on a bare host all that one launcher started: torchrun and its eight
workers are one job. Command lines hold secrets: only the name of the program leaves this module.
"""

from __future__ import annotations

import pwd
import re
from collections.abc import Collection
from dataclasses import dataclass

from telemetry.samples import NodeId
from workers import host, program
from workers.procfs import (
    Process,
    may_be_alive,
    read_cgroup,
    read_command_line,
    read_process,
)

_NOT_LAUNCHERS = frozenset(
    {"bash", "zsh", "sh", "dash", "ash", "fish", "tcsh", "csh", "ksh", "tmux", "tmux: server"}
    | {"screen", "byobu", "sshd", "sshd-session", "login", "su", "sudo", "systemd", "init", "cron"}
    | {"crond", "atd", "supervisord", "tini", "dumb-init", "slurmstepd", "slurmd", "conmon"}
    | {"containerd-shim", "dockerd", "containerd", "kubelet", "jupyter-lab", "jupyter-noteboo"}
    | {"jupyterhub", "jupyterhub-sing", "code-server"}
)
"""What people start jobs from: a program below one of these is a job of its own. By the name in
/proc/<pid>/comm, which the kernel cuts at 15 characters (proc_pid_comm(5))."""

_POD = re.compile(
    r"[/-]pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})"
)
_CONTAINER = re.compile(r"([0-9a-f]{64})(?:\.scope)?(?:/|$)", re.MULTILINE)
_SLURM_JOB = re.compile(r"slurm\S*?/job_(\d+)(?:/|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Owner:
    name: str | None
    user: str | None
    started_at: float | None
    pod_uid: str | None
    container_id: str | None
    job_key: str
    job_name: str


class Ownership:
    """Looks processes up once: a process that is still the same one is not read again."""

    def __init__(self, node_id: NodeId) -> None:
        self._node_id = node_id
        self._boot_id = host.kernel_boot_id()
        self._booted_at = host.booted_at()
        self._owners: dict[int, tuple[int, Owner]] = {}  # by process id: start (ticks), owner
        self._users: dict[int, str] = {}

    def of(self, pids: Collection[int]) -> dict[int, Owner]:
        """The owners of the processes; one that has just ended is left out, one that is out of
        our sight (see procfs.may_be_alive) has an owner of whom nothing is known."""
        found: dict[int, Owner] = {}
        for pid in pids:
            process = read_process(pid)
            if process is None:
                if may_be_alive(pid):
                    found[pid] = self._unknown(pid)
                continue
            if process.is_over:
                continue
            known = self._owners.get(pid)
            if known is not None and known[0] == process.started_ticks:
                found[pid] = known[1]
                continue
            found[pid] = self._look_up(process)
            self._owners[pid] = (process.started_ticks, found[pid])
        self._owners = {pid: self._owners[pid] for pid in found if pid in self._owners}
        return found

    def _unknown(self, pid: int) -> Owner:
        key = f"{self._node_id}:{self._boot_id}:{pid}"
        return Owner(None, None, None, None, None, job_key=key, job_name=f"process {pid}")

    def _look_up(self, process: Process) -> Owner:
        cgroup = read_cgroup(process.pid)
        launcher = self._launcher(process)
        pod, container = _POD.search(cgroup), _CONTAINER.search(cgroup)
        slurm = _SLURM_JOB.search(cgroup)
        pod_uid = pod[1].replace("_", "-") if pod else None
        if pod_uid:
            job_key = pod_uid
        elif slurm:
            job_key = f"slurm:{slurm[1]}"
        else:
            job_key = f"{self._node_id}:{self._boot_id}:{launcher.pid}:{launcher.started_ticks}"
        return Owner(
            name=program.name(read_command_line(process.pid)) or process.comm,
            user=self._user(process.uid),
            started_at=process.started_at(self._booted_at),
            pod_uid=pod_uid,
            container_id=container[1] if container else None,
            job_key=job_key,
            job_name=program.name(read_command_line(launcher.pid)) or launcher.comm,
        )

    def _launcher(self, process: Process) -> Process:
        """The topmost ancestor of the same user that is a program, not a shell or a session."""
        seen = {process.pid}
        while process.parent_pid > 1 and process.parent_pid not in seen:
            parent = read_process(process.parent_pid)
            if parent is None or parent.uid != process.uid or _starts_jobs(parent):
                break
            seen.add(parent.pid)
            process = parent
        return process

    def _user(self, uid: int) -> str:
        if uid not in self._users:
            try:
                self._users[uid] = pwd.getpwuid(uid).pw_name
            except KeyError:
                self._users[uid] = str(uid)  # as `ps` shows it
        return self._users[uid]


def _starts_jobs(process: Process) -> bool:
    return process.comm in _NOT_LAUNCHERS or process.comm.startswith("containerd-shim")
