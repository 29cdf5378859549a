"""`quartermaster secrets`: the key of a folder, keys that are given, and ends in between."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from domain import database
from domain.actors import Actor
from domain.installation import install
from domain.rotation import Sealed, count_sealed
from domain.secret_keys import KeyFile
from domain.secrets import Secret, Vault, open_vault_by, vault
from domain.webhooks import create_webhook, secret_of
from server.cli import main
from server.secret_keys import KeyBusy, check_secrets, rotate_secrets
from server.settings import Settings, SettingsError

SYSTEM = Actor.system("tests")
SECRET = b"a secret of thirty-two bytes here"[:32]
ENDS = (
    "before the first key file",
    "amid the first key file",
    "after the first key file",
    "amid the transaction",
    "before the commit",
    "after the commit",
    "amid the last key file",
    "after the last key file",
)
SEALED_ANEW = {*ENDS[:2], *ENDS[5:]}
"""Where everything is under the newest key that there is; before, it is under the one before."""
KILLED = """
import os, signal, sys
import domain.rotation, server.secret_keys
from domain.secret_keys import KeyFile
from server.cli import main

replace, write = KeyFile.replace, KeyFile._write
reseal, row = server.secret_keys.reseal, domain.rotation._reseal_row
files, rows, at, end = iter(("first", "last")), iter(range(99)), [""], [""]

def die_at(point):
    if point == end[0]:
        os.kill(os.getpid(), signal.SIGKILL)

def replacing(self, keys):
    at[0] = next(files)
    die_at(f"before the {at[0]} key file")
    replace(self, keys)
    die_at(f"after the {at[0]} key file")

def writing(self, name, keys):
    made = write(self, name, keys)
    die_at(f"amid the {at[0]} key file")
    return made

async def of_row(*given):
    done = await row(*given)
    die_at({1: "amid the transaction", 3: "before the commit"}.get(next(rows)))
    return done

async def resealing(*given):
    done = await reseal(*given)
    die_at("after the commit")
    return done

KeyFile.replace, KeyFile._write = replacing, writing
server.secret_keys.reseal, domain.rotation._reseal_row = resealing, of_row

for number, each in enumerate(sys.argv[2:]):
    child = os.fork()
    if child == 0:
        end[0] = each
        os._exit(main(["secrets", "rotate", "--data-dir", f"{sys.argv[1]}-{number}"]))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
"""It dies at each of the points in turn, in a copy of the folder each; prints the exit statuses."""


async def add_webhook(name: str) -> int:
    secret = Secret("whsec_" + base64.b64encode(SECRET).decode())
    url = f"https://hooks.example.org/{name}"
    return await create_webhook(SYSTEM, name, url, secret, "WARNING", True, url_problem=None)


@pytest.fixture
async def folder(tmp_path: Path, migrated_file: Path) -> Path:
    """A data folder with a key of its own and three webhooks."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    shutil.copy(migrated_file, data / "quartermaster.sqlite3")
    file = KeyFile(data / "secret.key")
    file.make()
    await database.open_database(url_of(data), migrate=False)
    open_vault_by(file.vault)
    await install("ada", cluster_name="lab")
    for name in ("one", "two", "three"):
        await add_webhook(name)
    await database.close_database()
    return data


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'quartermaster.sqlite3'}"


async def counted(folder: Path) -> Sealed:
    await database.open_database(url_of(folder), migrate=False)
    try:
        return await count_sealed(Vault(*KeyFile(folder / "secret.key").read()))
    finally:
        await database.close_database()


async def rotated(folder: Path, **environment: str) -> tuple[int, str]:
    said: list[str] = []
    status = await rotate_secrets(Settings.load(environment, data_dir=folder), said.append)
    return status, "\n".join(said)


async def test_a_rotation_replaces_the_key_of_the_data_folder(folder: Path) -> None:
    file = KeyFile(folder / "secret.key")
    (old,) = file.read()
    status, said = await rotated(folder)
    (new,) = file.read()
    assert (status, old != new) == (0, True)
    assert f"Sealed 3 secrets anew under the key {Vault(new).key_id}" in said
    assert new not in said
    assert await counted(folder) == Sealed(newest=3)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert not file.path.with_name("secret.key.new").exists()
    counts: list[str] = []
    assert await check_secrets(Settings.load({}, data_dir=folder), counts.append) == 0
    assert counts[0].startswith("3 secrets are under the newest key")


@pytest.mark.spec("T-45")
async def test_killed_at_any_moment_the_keys_of_the_folder_open_everything(
    folder: Path, tmp_path: Path
) -> None:
    copies = [tmp_path / f"copy-{number}" for number in range(len(ENDS))]
    for copy in copies:
        shutil.copytree(folder, copy)
    command = [sys.executable, "-c", KILLED, str(tmp_path / "copy"), *ENDS]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    said, _ = await process.communicate()
    statuses = [line for line in said.splitlines() if not line.startswith(b"Sealed ")]
    assert statuses == [b"-9"] * len(ENDS)
    for end, copy in zip(ENDS, copies, strict=True):
        sealed = await counted(copy)
        assert sealed in (Sealed(newest=3), Sealed(older=3)), end
        assert (sealed == Sealed(newest=3)) == (end in SEALED_ANEW), end
        assert (await rotated(copy))[0] == 0  # which makes good what was left
        assert await counted(copy) == Sealed(newest=3)
        assert len(KeyFile(copy / "secret.key").read()) == 1


async def test_a_process_that_runs_goes_on_while_the_key_is_replaced(folder: Path) -> None:
    file = KeyFile(folder / "secret.key")
    await database.open_database(url_of(folder), migrate=False)
    try:
        open_vault_by(file.vault)
        assert vault() is not None
        command = [sys.executable, "-m", "server.cli", "secrets", "rotate", "--data-dir"]
        process = await asyncio.create_subprocess_exec(*command, str(folder))
        assert await process.wait() == 0
        assert await secret_of(1) == SECRET
        assert await secret_of(await add_webhook("four")) == SECRET
        assert await count_sealed(Vault(*file.read())) == Sealed(newest=4)
    finally:
        await database.close_database()


async def test_two_rotations_do_not_put_each_others_key_away(folder: Path) -> None:
    with (
        KeyFile(folder / "secret.key").alone(),
        pytest.raises(KeyBusy, match="being replaced by another process"),
    ):
        await rotated(folder)
    assert await counted(folder) == Sealed(newest=3)


async def test_keys_that_are_given_are_replaced_by_who_gives_them(folder: Path) -> None:
    (old,), new = KeyFile(folder / "secret.key").read(), "n" * 32
    status, said = await rotated(folder, QUARTERMASTER_SECRET_KEY=new)
    assert (status, "3 secrets cannot be opened" in said) == (1, True)
    status, said = await rotated(folder, QUARTERMASTER_SECRET_KEY=f"{new} {old}")
    assert (status, "Sealed 3 secrets anew" in said) == (0, True)
    given = folder.parent / "keys"
    given.write_text(f"{new}\n")
    status, said = await rotated(folder, QUARTERMASTER_SECRET_KEY_FILE=str(given))
    assert (status, "3 were under it" in said, "put it before this one" in said) == (0, True, True)
    assert KeyFile(folder / "secret.key").read() == (old,)


@pytest.mark.spec("T-4")
def test_each_of_several_keys_has_to_be_one(tmp_path: Path) -> None:
    both = Settings.load({"QUARTERMASTER_SECRET_KEY": f"{'a' * 32} {'b' * 32}"})
    assert both.secret_keys == ("a" * 32, "b" * 32)
    file = tmp_path / "keys"
    file.write_text(f"{'a' * 32}\n{'b' * 31}\n")
    for environment in (
        {"QUARTERMASTER_SECRET_KEY": f"{'a' * 32} {'b' * 31}"},
        {"QUARTERMASTER_SECRET_KEY": " "},
        {"QUARTERMASTER_SECRET_KEY_FILE": str(file)},
        {"QUARTERMASTER_METRICS_TOKEN": f"{'a' * 32} {'b' * 32}"},
    ):
        with pytest.raises(SettingsError):
            Settings.load(environment)


def test_without_a_key_there_is_nothing_to_replace(capsys: pytest.CaptureFixture[str]) -> None:
    os.environ["QUARTERMASTER_DATABASE_URL"] = "postgresql://nobody@192.0.2.1/none"
    try:
        assert main(["secrets", "rotate"]) == 1
    finally:
        del os.environ["QUARTERMASTER_DATABASE_URL"]
    assert "set QUARTERMASTER_SECRET_KEY" in capsys.readouterr().err
