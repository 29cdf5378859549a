"""`quartermaster doctor` and `quartermaster licence` as somebody types them: real processes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from domain.licence_tokens import PrivateKey
from server.build import built_from
from server.cli import main
from tests.services.operator import Operator
from tests.services.process import free_port
from tests.services.product import Product, Storage

StartProduct = Callable[..., Product]
SignIn = Callable[[Product], Awaitable[Operator]]

ENTER = """mutation ($input: ReplaceLicenceInput!) { replaceLicence(input: $input) {
  __typename ... on Licence { edition customer } ... on Refusal { message } } }"""


def type_in(folder: Path, *words: str, **environment: str) -> tuple[int, str]:
    """The exit status and all that was said."""
    answer = subprocess.run(
        [sys.executable, "-m", "server.cli", *words],
        env={**os.environ, "QUARTERMASTER_DATA_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return answer.returncode, answer.stdout + answer.stderr


@pytest.mark.spec("LIC-2", "T-45")
async def test_the_doctor_finds_all_well_where_everything_runs(
    start_product: StartProduct, storage: Storage, operator_of: SignIn
) -> None:
    product = start_product("2x2", **storage.environment)
    operator = await operator_of(product)
    await operator.eventually(
        "{ devices { totalCount } }", lambda answer: answer["devices"]["totalCount"] == 4
    )
    status, said = type_in(product.folder / "data", "doctor", **storage.environment)
    assert status == 0, said
    kinds = {"embedded": ("SQLite", "embedded"), "servers": ("PostgreSQL", "Redis")}
    for word in (*kinds[storage.name], "a plain checkout", "at work on", "all 2 nodes", "Licence"):
        assert word in said
    assert "://" not in said
    assert "FAIL" not in said


@pytest.mark.spec("LIC-2", "T-45")
def test_the_doctor_says_what_is_wrong_and_what_to_do_but_no_password(tmp_path: Path) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    status, said = type_in(
        tmp_path,
        "doctor",
        QUARTERMASTER_DATABASE_URL=f"postgresql://ada:correct-horse@{nobody}/x",
        QUARTERMASTER_REDIS_URL=f"redis://:correct-horse@{nobody}/0",
    )
    assert status == 1
    for word in ("FAIL  Database", "QUARTERMASTER_DATABASE_URL", "FAIL  Bus", "REDIS_URL runs"):
        assert word in said
    assert "correct-horse" not in said
    status, said = type_in(tmp_path, "doctor")
    assert status == 1
    assert "quartermaster migrate" in said


@pytest.mark.spec("LIC-1")
async def test_a_licence_that_is_made_in_a_terminal_is_taken_where_its_key_is_trusted(
    start_product: StartProduct, operator_of: SignIn, tmp_path: Path
) -> None:
    file = tmp_path / "vendor.pem"
    status, said = type_in(tmp_path, "licence", "keygen", str(file))
    assert status == 0, said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() not in said
    trusted = {"QUARTERMASTER_LICENCE_PUBLIC_KEY": said.splitlines()[-1]}
    product = start_product("2x2", **trusted)
    data = product.folder / "data"
    status, said = type_in(data, "licence", "show", **trusted)
    assert status == 0, said
    assert "community edition has no limit" in said
    cluster = said.splitlines()[0].split()[-1]
    wish = ("issue", "--key", str(file), "--customer", "ACME", "--devices", "8")
    status, token = type_in(tmp_path, "licence", *wish, "--cluster", cluster, "--days", "90")
    assert status == 0, token
    operator = await operator_of(product)
    entered = await operator.ask(ENTER, input={"token": token})
    assert entered["replaceLicence"]["customer"] == "ACME"
    status, said = type_in(data, "licence", "show", **trusted)
    assert status == 0, said
    for word in ("Enterprise", "ACME", "of 8", "this cluster only"):
        assert word in said
    assert token.strip() not in said
    # Under another key it is none.
    status, said = type_in(data, "licence", "show")
    assert "was not signed with the key" in said


@pytest.mark.spec("LIC-2")
def test_the_commit_that_the_image_was_built_from_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert built_from() is None  # a plain checkout
    written = tmp_path / "commit.txt"
    monkeypatch.setattr("server.build.COMMIT", written)
    for text, commit in (("0a1b2c3\n", "0a1b2c3"), ("", None)):
        written.write_text(text)
        assert built_from() == commit


def test_no_key_is_written_over_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "vendor.pem"
    file.write_text("a key")
    assert main(["licence", "keygen", str(file)]) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert file.read_text() == "a key"


@pytest.mark.spec("LIC-1")
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--days", "0"), "ends before it begins"),
        (("--expires", "2020-01-01"), "ends before it begins"),
        (("--expires", "2030-01-01T00:00:00"), "neither a date nor a time with its offset"),
        (("--days", "3", "--devices", "0"), "says what cannot be"),
        (("--days", "99999"), "says what cannot be"),
        (("--days", "9999999"), "No licence lasts so long"),
        (("--days", "3", "--customer", "a\nb"), "a name in it that cannot be written"),
    ],
)
def test_a_licence_that_nobody_could_use_is_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], reason: str
) -> None:
    file = tmp_path / "vendor.pem"
    file.write_bytes(PrivateKey.generate().pem)
    try:
        status = main(["licence", "issue", "--key", str(file), "--customer", "ACME", *words])
    except SystemExit as stopped:
        status = int(stopped.code or 0)
    assert status != 0
    answer = capsys.readouterr()
    assert reason in answer.err
    assert not answer.out
