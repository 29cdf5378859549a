"""Which processes are one job, and whose it is: bare hosts, Slurm, pods and containers."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from telemetry.samples import NodeId
from workers import procfs
from workers.ownership import Owner, Ownership

NOBODY = pwd.getpwnam("nobody").pw_uid
ROOT_CGROUP = "0::/user.slice/user-1000.slice/session-4.scope"
POD = "3f2b0c1e-7a52-4b1f-9d4e-0a6c1c2d3e4f"
CONTAINER = "c0ffee" + "0" * 58


class FakeProc:
    """A /proc of a few processes."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def add(
        self,
        pid: int,
        parent: int,
        command_line: str,
        *,
        comm: str | None = None,
        uid: int = NOBODY,
        start: int = 1000,
        cgroup: str = ROOT_CGROUP,
        state: str = "S",
    ) -> None:
        folder = self._root / str(pid)
        folder.mkdir(exist_ok=True)
        words = command_line.split()
        comm = (comm or Path(words[0]).name)[:15]
        after = [state, str(parent), *["0"] * 17, str(start), "0"]
        (folder / "stat").write_text(f"{pid} ({comm}) {' '.join(after)}")
        (folder / "status").write_text(f"Name:\t{comm}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n")
        (folder / "cmdline").write_text("\0".join(words) + "\0")
        (folder / "cgroup").write_text(cgroup + "\n")


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeProc:
    monkeypatch.setattr(procfs, "_PROC", tmp_path)
    proc = FakeProc(tmp_path)
    proc.add(1, 0, "/sbin/init", comm="systemd", uid=0)
    return proc


def owners(*pids: int) -> list[Owner]:
    found = Ownership(NodeId("node")).of(pids)
    return [found[pid] for pid in pids]


@pytest.mark.spec("ENF-2", "DEV-4")
def test_all_that_one_launcher_started_is_one_job_of_its_user(proc):
    proc.add(10, 1, "-bash", comm="bash")
    proc.add(20, 10, "python /usr/bin/torchrun --nproc-per-node 2 train.py", comm="torchrun")
    proc.add(21, 20, "python -u train.py --lr 1", comm="python")
    proc.add(22, 20, "python -u train.py --lr 1", comm="python")
    first, second = owners(21, 22)
    assert first.job_key == second.job_key
    assert first.job_name == "train.py"
    assert first.user == "nobody"
    assert first.pod_uid is None


@pytest.mark.spec("ENF-2")
@pytest.mark.parametrize("session", ["bash", "tmux: server", "sshd", "slurmstepd", "systemd"])
def test_what_a_person_starts_jobs_from_does_not_make_them_one(proc, session):
    proc.add(10, 1, session, comm=session)
    proc.add(20, 10, "python a.py")
    proc.add(30, 10, "python b.py")
    first, second = owners(20, 30)
    assert first.job_key != second.job_key
    assert (first.job_name, second.job_name) == ("a.py", "b.py")


@pytest.mark.spec("ENF-2")
def test_a_job_ends_where_the_user_changes(proc):
    proc.add(10, 1, "/usr/sbin/scheduler", uid=0)
    proc.add(20, 10, "python a.py")
    proc.add(30, 10, "python b.py")
    first, second = owners(20, 30)
    assert first.job_key != second.job_key


@pytest.mark.spec("ENF-2")
def test_a_later_process_with_the_same_id_is_another_job(proc):
    ownership = Ownership(NodeId("node"))
    proc.add(20, 1, "python a.py", start=1000)
    before = ownership.of([20])[20]
    proc.add(20, 1, "python b.py", start=2000)
    after = ownership.of([20])[20]
    assert (before.job_name, after.job_name) == ("a.py", "b.py")
    assert before.job_key != after.job_key
    assert after.started_at - before.started_at == 1000 / os.sysconf("SC_CLK_TCK")


@pytest.mark.spec("DEV-4")
@pytest.mark.parametrize(
    "cgroup",
    [
        "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"
        f"{POD.replace('-', '_')}.slice/cri-containerd-{CONTAINER}.scope",
        f"4:memory:/kubepods/besteffort/pod{POD}/{CONTAINER}",
        f"0::/../../kubepods-pod{POD.replace('-', '_')}.slice/crio-{CONTAINER}.scope",
    ],
)
def test_all_processes_of_a_pod_are_one_job(proc, cgroup):
    proc.add(20, 1, "python serve.py", cgroup=cgroup)
    proc.add(30, 1, "nginx", cgroup=cgroup)
    first, second = owners(20, 30)
    assert first.pod_uid == first.job_key == second.job_key == POD
    assert first.container_id == CONTAINER


@pytest.mark.spec("DEV-4")
@pytest.mark.parametrize(
    "cgroup",
    [
        "5:devices:/slurm/uid_1000/job_4711/step_0/task_3",
        "0::/system.slice/slurmstepd.scope/job_4711/step_batch/user/task_0",
    ],
)
def test_all_processes_of_a_slurm_job_are_one_job_on_every_node(proc, cgroup):
    proc.add(20, 1, "python train.py", cgroup=cgroup)
    [owner] = owners(20)
    assert owner.job_key == "slurm:4711"
    assert owner.job_name == "train.py"


@pytest.mark.spec("DEV-4")
def test_a_user_without_a_name_is_told_by_number(proc):
    proc.add(20, 1, "python a.py", uid=3_999_999)
    [owner] = owners(20)
    assert owner.user == "3999999"


ENDED = 2**22 + 1  # above the highest process id that Linux gives (PID_MAX_LIMIT)


def test_processes_that_have_ended_are_left_out(proc, monkeypatch):
    monkeypatch.setattr(procfs, "_own_namespace", lambda: procfs._INITIAL_NAMESPACE)
    proc.add(20, 1, "python a.py", state="Z")
    assert Ownership(NodeId("node")).of([20, ENDED]) == {}


@pytest.mark.spec("DEV-4")
def test_a_process_out_of_sight_is_a_job_of_an_unknown_user(proc, monkeypatch):
    monkeypatch.setattr(procfs, "_own_namespace", lambda: 4026532000)
    [owner] = owners(ENDED)
    assert owner.job_name == f"process {ENDED}"
    assert owner.user is None
