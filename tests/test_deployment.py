"""The image and the compose file fit the program, and carry no secret. (They are not run here.)"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from server.settings import PREFIX, Settings
from tests.requirements import REPOSITORY

COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()
REQUIRED_SECRET = re.compile(r"\$\{[A-Z_]+:\?[^}]+\}")
SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|KEY")

OURS = {
    name: service
    for name, service in COMPOSE["services"].items()
    if service["image"] == "quartermaster"
}


@pytest.mark.parametrize("service", OURS)
def test_each_service_runs_a_command_that_the_program_has(service: str) -> None:
    (command,) = OURS[service]["command"]
    answer = subprocess.run(
        [sys.executable, "-m", "server.cli", command, "--help"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("service", OURS)
def test_each_setting_of_a_service_exists(service: str) -> None:
    given = {name.removeprefix(PREFIX).lower() for name in OURS[service]["environment"]}
    assert given <= set(Settings.__dataclass_fields__)


@pytest.mark.spec("T-16")
def test_no_password_stands_in_the_compose_file_or_the_image() -> None:
    for service in COMPOSE["services"].values():
        for name, value in service.get("environment", {}).items():
            if SECRET_NAME.search(name):
                assert REQUIRED_SECRET.fullmatch(value), name
            if "@" in value:  # a URL with credentials
                password = value.rsplit("@", 1)[0].rsplit(":", 1)[0]
                assert REQUIRED_SECRET.search(value), password
    variables = re.findall(r"^(?:ENV|ARG)\s+(\S+?)=|^\s+([A-Z_]+)=", DOCKERFILE, re.M)
    assert not [pair for pair in variables if SECRET_NAME.search("".join(pair))]


@pytest.mark.spec("T-22")
def test_compose_offers_the_server_to_this_machine_only() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_collector_has_no_way_to_the_database() -> None:
    assert "DATABASE" not in str(OURS["collector"]["environment"])


def test_the_image_does_not_run_as_root_and_copies_what_is_there() -> None:
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.M)[-1] == "quartermaster"
    sources = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.M)
    for line in sources:
        for source in line.split()[:-1]:
            assert (REPOSITORY / source).exists(), source
