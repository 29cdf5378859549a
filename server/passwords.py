"""Giving a user a new password from the command line, for an operator who has lost theirs."""

from __future__ import annotations

from domain import database, installation
from server.settings import Settings


async def reset_password(settings: Settings, name: str) -> str:
    """The new password of the user `name`; whoever was signed in under it is signed out.

    Raises: UnknownUser, DatabaseUnavailable, SchemaMismatch.
    """
    await database.open_database(settings.database_url, migrate=False)
    try:
        return await installation.reset_password(name)
    finally:
        await database.close_database()
