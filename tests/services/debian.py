"""Programs from Debian's packages, unpacked into .cache/debian: nothing is installed, without root.

They are fetched by the machine's own apt, from wherever it is set up to fetch. Where there is no
apt the tests that need one of them fail, and say so.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

from tests.requirements import REPOSITORY

FOLDER = REPOSITORY / ".cache" / "debian"


def unpacked(*packages: str) -> Path:
    """The folder that holds the files of these packages, without what they depend on."""
    root = FOLDER / "+".join(packages)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            _unpack(packages, root)
    return root


def _unpack(packages: tuple[str, ...], root: Path) -> None:
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise AssertionError(f"{', '.join(packages)} come from Debian: this machine has no apt-get")
    half = root.with_name(f"{root.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    files, state = half / "packages", FOLDER / "apt"
    for folder in (files, state / "lists" / "partial", state / "cache" / "archives" / "partial"):
        folder.mkdir(parents=True, exist_ok=True)
    apt = ["apt-get", "-qq", f"-oDir::State::lists={state}/lists", f"-oDir::Cache={state}/cache"]
    _run([*apt, "update"], files)
    _run([*apt, "download", *packages], files)
    for file in files.glob("*.deb"):
        _run(["dpkg-deb", "-x", str(file), str(half)], files)
    shutil.rmtree(files)
    half.rename(root)


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}{done.stderr}"
