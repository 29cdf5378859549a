"""Sealing everything anew: all that there is, in one transaction, and whoever reads meanwhile."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

import domain.rotation
from domain.actors import Actor
from domain.audit import AuditEntry
from domain.authentication import ID, AuthBackend, activate, kept_secrets, read_authentication
from domain.credentials import Scope, TokenInUse
from domain.database import execute, fetch
from domain.installation import Installed
from domain.refusals import NotAllowed, NotByToken
from domain.rotation import SEALED, Sealed, count_sealed, reseal
from domain.secret_keys import KeyFile
from domain.secrets import Secret, Unsealable, Vault, open_vault, open_vault_by, vault
from domain.sign_in_redirects import Away, keep_redirect, use_redirect
from domain.webhooks import create_webhook, secret_of
from identity.settings import LdapSettings
from tests.services.database import Database

SYSTEM = Actor.system("tests")
OLD, NEW, OTHER = "old-" * 8, "new-" * 8, "other-" * 6
AWAY = Away(1, "kept", "https://gpus.example.org/auth/callback", "/", None)


def webhook_secret(number: int) -> bytes:
    return f"secret of webhook {number:014}".encode()


async def add_webhook(number: int) -> int:
    text = "whsec_" + base64.b64encode(webhook_secret(number)).decode()
    url = f"https://hooks.example.org/{number}"
    return await create_webhook(
        SYSTEM, f"hook {number}", url, Secret(text), "WARNING", True, url_problem=None
    )


@pytest.fixture
async def redirect(installed: Installed) -> str:
    """Every kind of secret is kept under the old key: of webhooks 1 to 3, of a directory, and of
    somebody who is away to sign in, by this key of the browser's."""
    open_vault(OLD)
    for number in (1, 2, 3):
        await add_webhook(number)
    settings = LdapSettings(
        url="ldaps://ldap.example.org", bind_dn="cn=reader", base_dn="dc=example"
    )
    await activate(SYSTEM, 1, settings, {"bind_password": Secret("canary")}, "ldaps://ldap")
    key, _ = await keep_redirect(AWAY, "192.0.2.1")
    return key


async def require_all_open(redirect: str) -> None:
    assert [await secret_of(number) for number in (1, 2, 3)] == [*map(webhook_secret, (1, 2, 3))]
    version = (await read_authentication()).version
    assert await kept_secrets(version) == {"bind_password": "canary"}
    assert await use_redirect(redirect) == AWAY


async def test_every_column_of_sealed_values_is_known_to_the_rotation(database: Database) -> None:
    rows = await fetch(
        "SELECT m.name AS t, c.name AS c FROM sqlite_master m, pragma_table_info(m.name) c"
        " WHERE m.type = 'table' AND c.name LIKE '%sealed%'"
        if database.kind == "sqlite"
        else "SELECT table_name AS t, column_name AS c FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name LIKE '%sealed%'"
    )
    assert {(row["t"], row["c"]) for row in rows} == {(one.table, one.column) for one in SEALED}


@pytest.mark.spec("T-45")
async def test_after_a_rotation_the_new_key_alone_opens_everything(redirect: str) -> None:
    with pytest.raises(Unsealable):
        Vault(NEW).open((await fetch("SELECT sealed FROM sign_in_redirect"))[0]["sealed"], "x")
    assert await reseal(SYSTEM, Vault(NEW, OLD)) == Sealed(older=5)
    assert await count_sealed(Vault(NEW)) == Sealed(newest=5)
    assert await count_sealed(Vault(OLD)) == Sealed(unreadable=5)
    open_vault(NEW)
    await require_all_open(redirect)
    entry = await AuditEntry.filter(action="secrets.rotate").get()
    assert (entry.actor, entry.after["sealed anew"]) == ("system:tests", 5)
    assert await reseal(SYSTEM, Vault(NEW)) == Sealed(newest=5)


async def test_before_a_rotation_old_and_new_processes_read_what_either_writes(
    redirect: str,
) -> None:
    open_vault(OLD, NEW)  # knows the new key, and does not seal by it yet
    fourth = await add_webhook(4)
    open_vault(NEW, OLD)
    await require_all_open(redirect)
    assert await secret_of(fourth) == webhook_secret(4)
    fifth = await add_webhook(5)
    open_vault(OLD, NEW)
    assert await secret_of(fifth) == webhook_secret(5)


async def test_a_rotation_that_fails_halfway_changes_nothing(
    redirect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner, calls = domain.rotation._reseal_row, iter(range(100))

    async def fails(*given: object) -> Sealed:
        if next(calls) == 3:
            raise RuntimeError("halfway")
        return await inner(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(domain.rotation, "_reseal_row", fails)
    with pytest.raises(RuntimeError, match="halfway"):
        await reseal(SYSTEM, Vault(NEW, OLD))
    assert await count_sealed(Vault(OLD)) == Sealed(newest=5)


async def test_what_no_key_opens_is_left_and_told_and_the_rest_is_sealed_anew(
    redirect: str,
) -> None:
    lost = Vault(OTHER).seal(Secret("lost"), "webhook.secret")
    await execute("UPDATE webhook SET sealed_secret = ? WHERE id = 2", lost)
    assert await reseal(SYSTEM, Vault(NEW, OLD)) == Sealed(older=4, unreadable=1)
    (row,) = await fetch("SELECT sealed_secret FROM webhook WHERE id = 2")
    assert row["sealed_secret"] == lost


async def test_no_token_and_no_lesser_user_seals_anew(redirect: str) -> None:
    token = TokenInUse(1, "ci", Scope.MANAGE)
    with pytest.raises(NotByToken):
        await reseal(Actor(1, "ada", token=token), Vault(NEW, OLD))
    with pytest.raises(NotAllowed):
        await reseal(Actor(99, "bob"), Vault(NEW, OLD))
    assert await count_sealed(Vault(OLD)) == Sealed(newest=5)


async def test_a_process_goes_on_by_the_file_that_was_replaced(
    redirect: str, tmp_path: Path
) -> None:
    file = KeyFile(tmp_path / "secret.key")
    first, second = "1" * 64, "2" * 64
    file.replace([first, OLD])
    open_vault_by(file.vault)
    (before,) = await fetch("SELECT id FROM webhook WHERE id = ?", await add_webhook(6))
    sealed = vault().seal(Secret("read a moment ago"), "any")  # type: ignore[union-attr]
    file.replace([second])
    now = vault()
    assert now is not None
    assert now.key_id == Vault(second).key_id
    assert now.open(sealed, "any").reveal() == "read a moment ago"
    assert await secret_of(before["id"]) == webhook_secret(6)
    for text in ("", "short\n"):
        file.path.write_text(text)
        still = vault()
        assert still is not None
        assert still.key_id == now.key_id
    file.path.unlink()
    assert vault() is still


async def test_the_backend_of_a_directory_is_untouched_but_for_its_seal(redirect: str) -> None:
    before = await AuthBackend.get(id=ID)
    await reseal(SYSTEM, Vault(NEW, OLD))
    after = await AuthBackend.get(id=ID)
    assert before.sealed_secrets.keys() == after.sealed_secrets.keys()
    assert before.sealed_secrets != after.sealed_secrets
    assert (before.version, before.settings) == (after.version, after.settings)
