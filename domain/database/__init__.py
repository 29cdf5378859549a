"""The database, SQLite or PostgreSQL behind one face: what domain/ and resolvers/ use of it."""

from __future__ import annotations

from domain.database.changes import (
    Change,
    Committed,
    committed_changes,
    holds_role,
    only_if,
    operation,
    transaction,
)
from domain.database.connection import (
    close_database,
    open_database,
    outlast_power_cuts,
    ping,
    sqlite_file,
)
from domain.database.errors import (
    DatabaseUnavailable,
    OutcomeUnknown,
    SchemaMismatch,
    is_unavailable,
)
from domain.database.rows import (
    Row,
    execute,
    fetch,
    for_share,
    for_update,
    insert,
    is_postgres,
    lock,
)

__all__ = [
    "Change",
    "Committed",
    "DatabaseUnavailable",
    "OutcomeUnknown",
    "Row",
    "SchemaMismatch",
    "close_database",
    "committed_changes",
    "execute",
    "fetch",
    "for_share",
    "for_update",
    "holds_role",
    "insert",
    "is_postgres",
    "is_unavailable",
    "lock",
    "only_if",
    "open_database",
    "operation",
    "outlast_power_cuts",
    "ping",
    "sqlite_file",
    "transaction",
]
