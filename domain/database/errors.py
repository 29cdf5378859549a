"""Faults of the database as the rest of the product sees them, and which merit a retry."""

from __future__ import annotations

import sqlite3

import asyncpg


class DatabaseUnavailable(Exception):
    """No connection could be had in time: the database is down, unreachable or at its limit."""


class OutcomeUnknown(Exception):
    """The connection was lost while committing: the change may or may not have taken effect."""


class SchemaMismatch(Exception):
    """The database's tables are not those that this version of the program works with."""


_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
_CONFLICT = (
    asyncpg.SerializationError,  # 40001
    asyncpg.DeadlockDetectedError,  # 40P01
    asyncpg.LockNotAvailableError,  # 55P03
)
_SQLITE_PRIMARY_CODE = 0xFF  # extended result codes keep the primary one in the low byte


def is_connection_lost(error: BaseException) -> bool:
    """Whether the server went away, rather than being slow (TimeoutError is an OSError too)."""
    return isinstance(error, _LOST) and not isinstance(error, TimeoutError)


def is_unavailable(error: BaseException) -> bool:
    """Whether the database is to blame rather than what was written: later it may succeed."""
    if isinstance(error, (DatabaseUnavailable, OutcomeUnknown, TimeoutError)):
        return True
    cause = error.args[0] if error.args and isinstance(error.args[0], Exception) else error
    return isinstance(cause, sqlite3.OperationalError) or is_worth_a_retry(error)


def is_worth_a_retry(error: BaseException) -> bool:
    """Whether the same work, begun anew, may well succeed: nothing of it has been written."""
    if isinstance(error, DatabaseUnavailable):
        return error.__cause__ is not None and is_connection_lost(error.__cause__)
    cause = error.args[0] if error.args and isinstance(error.args[0], Exception) else error
    if isinstance(cause, sqlite3.OperationalError):
        code = getattr(cause, "sqlite_errorcode", 0) & _SQLITE_PRIMARY_CODE
        return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return isinstance(cause, _CONFLICT) or is_connection_lost(cause)
