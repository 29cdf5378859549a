"""A folder is beneath a root, no link leads out of it, and NFS is recognised."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from server.settings import Settings, SettingsError
from sources import mounts
from sources.failures import SourceFailed, Step
from sources.folders import Roots, try_folder
from sources.mounts import read_mounts


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    (tmp_path / "allowed" / "team").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    return Roots(tmp_path / "own", (tmp_path / "allowed",))


def tried(roots: Roots, path: str, *, is_nfs: bool = False) -> tuple[str, list[Step]]:
    steps: list[Step] = []
    return try_folder(roots, path, is_nfs=is_nfs, say=steps.append), steps


def refused(roots: Roots, path: str, *, is_nfs: bool = False) -> SourceFailed:
    with pytest.raises(SourceFailed) as failed:
        tried(roots, path, is_nfs=is_nfs)
    return failed.value


@pytest.mark.spec("DVS-2")
def test_a_folder_is_written_read_and_left_as_it_was(roots: Roots) -> None:
    team = roots.allowed[0] / "team"
    found, steps = tried(roots, str(team))
    assert found.startswith(f"Written, read and deleted in {team}, on ")
    assert steps == [Step.ADDRESS, Step.WRITE, Step.READ, Step.DELETE]
    assert list(team.iterdir()) == []


@pytest.mark.spec("T-55")
@pytest.mark.parametrize(
    "path",
    ["{root}/../outside", "{root}/team/../../outside", "{root}x", "/etc", "/", "//etc", "",
     "team", "./team", "{root}/te\x00am", "{root}/team\n", "~", "$HOME", "file://{root}/team"],
)  # fmt: skip
def test_no_spelling_leads_out_of_the_root(roots: Roots, path: str) -> None:
    wrong = refused(roots, path.format(root=roots.allowed[0]))
    assert wrong.step is Step.ADDRESS


@pytest.mark.spec("T-55")
def test_a_link_is_followed_nowhere(roots: Roots, tmp_path: Path) -> None:
    root = roots.allowed[0]
    (root / "out").symlink_to(tmp_path / "outside")
    (tmp_path / "outside" / "deep").mkdir()
    for path in (root / "out", root / "out" / "deep"):
        assert "symbolic link" in refused(roots, str(path)).reason
    assert not list((tmp_path / "outside" / "deep").iterdir())


def test_what_is_not_there_or_closed_is_said_so(roots: Roots) -> None:
    root = roots.allowed[0]
    assert "is not there" in refused(roots, str(root / "nowhere")).reason
    (root / "file").write_text("")
    assert "is no folder" in refused(roots, str(root / "file")).reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_said_so(roots: Roots) -> None:
    closed = roots.allowed[0] / "team"
    closed.chmod(0o500)
    wrong = refused(roots, str(closed))
    assert (wrong.step, "is closed" in wrong.reason) == (Step.WRITE, True)


def test_without_a_root_only_the_installation_s_own_folders_may_be_used(tmp_path: Path) -> None:
    roots = Roots(tmp_path / "own")
    (tmp_path / "own" / "a").mkdir(parents=True)
    assert tried(roots, str(tmp_path / "own" / "a"))
    assert "QUARTERMASTER_DVS_FOLDERS" in refused(roots, str(tmp_path)).reason


@pytest.mark.spec("DVS-2")
def test_nfs_is_told_by_the_type_of_its_mount(
    roots: Roots, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = roots.allowed[0] / "team"
    assert "is not on NFS but on " in refused(roots, str(team), is_nfs=True).reason
    device = team.stat().st_dev
    place = f"{os.major(device)}:{os.minor(device)}"
    told = tmp_path / "mountinfo"
    told.write_text(
        f"22 1 {place} / / rw,relatime shared:1 - ext4 /dev/root rw\n"
        f"23 22 {place} / {roots.allowed[0]} rw shared:2 - nfs4 files.example.org:/ex\\040port rw\n"
        "24 22 0:99 / /elsewhere rw - nfs4 other.example.org:/ rw\n"
    )
    monkeypatch.setattr(mounts, "MOUNTINFO", told)
    found, _ = tried(roots, str(team), is_nfs=True)
    assert found.endswith("on nfs4 from files.example.org:/ex port")
    assert [mount.is_nfs for mount in read_mounts(told.read_text())] == [False, True, True]


@pytest.mark.spec("T-55")
@pytest.mark.parametrize("folders", ["relative", "/srv/../etc", "/", "/srv:relative"])
def test_a_root_is_a_full_path_and_never_everything(folders: str) -> None:
    assert Settings(dvs_folders="/srv:/mnt/versions").dvs_roots.allowed == (
        Path("/srv"),
        Path("/mnt/versions"),
    )
    with pytest.raises(SettingsError, match="DVS_FOLDERS"):
        Settings(dvs_folders=folders)
