"""What the lock files bring in: nothing known to be unsafe, and no address of a registry."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.requirements import REPOSITORY

PYTHON_LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock")

FLOORS = {
    "strawberry-graphql": ">=0.314",  # T-27, T-28
    "graphql-core": ">=3.3.2",  # T-34, T-35
    "starlette": ">=1.0.1",  # T-20, T-58, T-59
    "uvicorn": ">=0.52.1",  # F-17
    "authlib": ">=1.9.0",  # T-1 to T-6
    "joserfc": ">=1.7.3",  # T-5, T-61
    "redis": ">=8.1",  # F-11: not 8.0.0
}
ABSENT = {
    "python-jose",
    "subscriptions-transport-ws",
    "graphql-playground",
    "graphql-playground-html",
    "graphql-playground-react",
}
TRUSTS_ANYONE = re.compile(r"verify\s*=\s*False|ssl\s*=\s*False|rejectUnauthorized\s*:\s*false")


def python_packages(lock: str) -> dict[str, Version]:
    found = re.findall(r"^([a-z0-9.-]+)==([^\s;\\]+)", (REPOSITORY / lock).read_text(), re.M)
    return {name: Version(version) for name, version in found}


def npm_locks() -> list[Path]:
    return [REPOSITORY / name for name in _tracked() if name.endswith("package-lock.json")]


@pytest.mark.spec("T-62")
def test_no_package_is_older_than_the_version_that_closed_its_hole() -> None:
    packages = python_packages("requirements.lock")
    assert len(packages) > 20
    too_old = {
        name: str(packages[name])
        for name, floor in FLOORS.items()
        if name in packages and packages[name] not in Requirement(f"{name}{floor}").specifier
    }
    assert too_old == {}


@pytest.mark.spec("T-62")
def test_no_abandoned_package_comes_in_by_any_lock_file() -> None:
    names = {name for lock in PYTHON_LOCKS for name in python_packages(lock)}
    for lock in npm_locks():
        packages = json.loads(lock.read_text())["packages"]
        names |= {path.rsplit("node_modules/", 1)[-1] for path in packages}
    assert len(names) > 50
    assert names & ABSENT == set()


@pytest.mark.spec("T-60")
def test_nothing_that_parses_forms_is_installed() -> None:
    assert "python-multipart" not in python_packages("requirements.lock")


@pytest.mark.spec("T-62", "T-12")
def test_no_source_switches_the_check_of_certificates_off() -> None:
    here = Path(__file__).relative_to(REPOSITORY).as_posix()
    sources = [name for name in _tracked() if name.endswith((".py", ".ts", ".tsx", ".js"))]
    assert len(sources) > 20
    offenders = [
        name
        for name in sources
        if name != here and TRUSTS_ANYONE.search((REPOSITORY / name).read_text())
    ]
    assert offenders == []


def test_lock_files_name_no_registry() -> None:
    texts = {name: (REPOSITORY / name).read_text() for name in PYTHON_LOCKS}
    texts |= {str(lock): lock.read_text() for lock in npm_locks()}
    with_address = [
        name
        for name, text in texts.items()
        if re.search(r'"resolved": "https?:|--(extra-)?index-url|--find-links|@ https?:', text)
    ]
    assert with_address == []


def test_every_locked_python_package_carries_its_hashes() -> None:
    for lock in PYTHON_LOCKS:
        entries = re.split(r"\n(?=\S)", (REPOSITORY / lock).read_text().strip())
        assert entries
        assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_checks_run_on_the_versions_that_the_product_runs_on() -> None:
    product = python_packages("requirements.lock")
    checks = python_packages("requirements-dev.lock")
    assert {name: checks.get(name) for name in product} == product


def _tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.splitlines() if (REPOSITORY / name).is_file()]
