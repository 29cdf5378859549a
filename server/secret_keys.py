"""The keys of this installation's secrets: which there are, and putting a new one in their place.

With SQLite they are a file of the data folder, which `quartermaster secrets rotate` replaces by
itself; else they are given, and it is whoever gives them who puts a new one before the old.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from domain import database
from domain.actors import Actor
from domain.rotation import Sealed, count_sealed, reseal
from domain.secret_keys import NAME, KeyFile, new_key
from domain.secrets import Vault, open_vault, open_vault_by
from server.settings import PREFIX, Settings, SettingsError

Say = Callable[[str], None]


class KeyBusy(Exception):
    """Two at once would each put the other's key away."""


def open_vault_of(settings: Settings) -> None:
    """For this process. Raises: SettingsError."""
    if settings.secret_key_file is not None:
        open_vault_by(KeyFile(settings.secret_key_file).vault)
    elif (file := _own_file(settings)) is not None:
        open_vault_by(file.vault)
    else:
        open_vault(*settings.secret_keys)  # or none, where each process would make its own


async def check_secrets(settings: Settings, say: Say) -> int:
    """Counts what is sealed; the exit status is 0 where all can be opened."""
    keys = _keys(settings)
    await database.open_database(settings.database_url, migrate=False)
    try:
        vault = Vault(*keys)
        sealed = await count_sealed(vault)
    finally:
        await database.close_database()
    say(
        f"{sealed.newest} secrets are under the newest key ({vault.key_id}) and {sealed.older} "
        "under older ones that are given."
    )
    return _warn(sealed, say)


async def rotate_secrets(settings: Settings, say: Say) -> int:
    """Seals everything under a new key; the exit status is 0 where all could be opened.

    Raises: KeyBusy, SettingsError, DatabaseUnavailable, SchemaMismatch.
    """
    file = _own_file(settings)
    if file is None:
        return await _reseal(settings, _keys(settings), say)
    try:
        with file.alone():
            keys = (new_key(), *_keys(settings))
            await asyncio.to_thread(file.replace, keys)  # from here on either opens everything
            status = await _reseal(settings, keys, say)
            await asyncio.to_thread(file.replace, keys[:1])
    except BlockingIOError:
        raise KeyBusy(f"{file.path} is being replaced by another process; wait for it.") from None
    return status


async def _reseal(settings: Settings, keys: tuple[str, ...], say: Say) -> int:
    vault = Vault(*keys)
    await database.open_database(settings.database_url, migrate=False)
    try:
        await database.outlast_power_cuts()  # the older keys are put away next
        sealed = await reseal(Actor.system("command line"), vault)
    finally:
        await database.close_database()
    say(
        f"Sealed {sealed.older} secrets anew under the key {vault.key_id}; {sealed.newest} were "
        "under it."
    )
    if len(keys) == 1:
        say(
            f"For another key put it before this one, {PREFIX}SECRET_KEY=NEW OLD, in all "
            "processes; then run this again, and take the old one out."
        )
    return _warn(sealed, say)


def _warn(sealed: Sealed, say: Say) -> int:
    if sealed.unreadable:
        say(
            f"{sealed.unreadable} secrets cannot be opened by any key that is given: give the key "
            "that they were kept under, or enter them again."
        )
    return 1 if sealed.unreadable else 0


def _keys(settings: Settings) -> tuple[str, ...]:
    """Raises: SettingsError."""
    file = _own_file(settings)
    if file is not None:
        return file.read()
    if not settings.secret_keys:
        raise SettingsError(f"There is no key: set {PREFIX}SECRET_KEY.")
    return settings.secret_keys


def _own_file(settings: Settings) -> KeyFile | None:
    """Of the data folder, made where it is missing; None where keys are given, or have to be.

    Raises: SettingsError.
    """
    if settings.secret_key or not settings.database_url.startswith("sqlite"):
        return None
    file = KeyFile(settings.data_dir / NAME)
    file.make()
    try:
        file.read()
    except ValueError as error:
        raise SettingsError(
            f"{error}. Put it back from a copy, or delete it: then secrets that were kept under it "
            "have to be entered again."
        ) from None
    return file
