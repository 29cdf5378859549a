"""Tortoise's SQLite engine, made safe to cancel: BEGIN IMMEDIATE, one connection, one writer.

Tortoise finds it by the module's name, which must contain "sqlite".
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import aiosqlite
from tortoise.backends.base.client import (
    ConnectionWrapper,
    NestedTransactionContext,
    TransactionContext,
)
from tortoise.backends.sqlite import client as stock
from tortoise.connection import get_connections

from domain.database.errors import DatabaseUnavailable
from domain.database.ownership import ACQUIRE_TIMEOUT_SECONDS, OwnedByOneTask, to_the_end

sqlite3.register_converter("MOMENT", lambda text: _moment(text.decode()))
sqlite3.register_converter("BOOL", lambda text: text != b"0")


def _moment(text: str) -> datetime:
    """A stored time; always written in UTC, so that text order is time order."""
    return datetime.fromisoformat(text).astimezone(UTC)


class Rows(stock.SqliteClient):
    """What client and transaction share: plain rows."""

    async def fetch_rows(self, sql: str, values: list[object]) -> Sequence[Any]:
        _, rows = await self.execute_query(sql, values)
        return cast("Sequence[Any]", rows)

    async def count_written(self, sql: str, values: list[object]) -> int:
        written, _ = await self.execute_query(sql, values)
        return cast("int", written)


class SqliteClient(Rows):
    """One connection, whose columns come back as Python's own types by their declared names."""

    async def create_connection(self, with_db: bool) -> None:
        if self._connection:
            return
        connection = await aiosqlite.connect(
            self.filename, isolation_level=None, detect_types=sqlite3.PARSE_DECLTYPES
        )
        connection.row_factory = sqlite3.Row
        for pragma, value in self.pragmas.items():
            await connection.execute_fetchall(f"PRAGMA {pragma}={value}")
        self._connection = connection
        await self._post_connect()

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(self)

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        """All or none: the stock one leaves its transaction open when it is cancelled."""
        async with self._in_transaction() as transaction:
            await transaction.execute_many(query, values)


class SqliteTransaction(OwnedByOneTask, Rows, stock.SqliteTransactionWrapper):
    def __init__(self, connection: stock.SqliteClient) -> None:
        super().__init__(connection)
        self.claim()

    def acquire_connection(self) -> ConnectionWrapper[aiosqlite.Connection]:
        self.require_owner()
        return super().acquire_connection()

    def _in_transaction(self) -> TransactionContext:
        self.require_owner()
        return NestedTransactionContext(SqliteTransaction(self))


class SqliteTransactionContext(TransactionContext):
    """Takes the connection for itself; gives it back however the block ends."""

    def __init__(self, parent: SqliteClient) -> None:
        self._parent = parent

    async def __aenter__(self) -> SqliteTransaction:
        lock = self._parent._lock
        try:
            async with asyncio.timeout(ACQUIRE_TIMEOUT_SECONDS):
                await lock.acquire()
        except TimeoutError as error:
            raise DatabaseUnavailable("The database was busy for too long.") from error
        try:
            await self._parent.create_connection(with_db=True)
            assert self._parent._connection is not None
            self._connection = self._parent._connection
            await self._connection.execute_fetchall("BEGIN IMMEDIATE")
        except BaseException:
            # A cancelled BEGIN still runs in aiosqlite's thread; the rollback queues behind it.
            await to_the_end(self._end(commit=False))
            raise
        self._transaction = SqliteTransaction(self._parent)
        self._token = get_connections().set(self._parent.connection_name, self._transaction)
        return self._transaction

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        get_connections().reset(self._token)
        self._transaction._finalized = True
        await to_the_end(self._end(commit=kind is None))

    async def _end(self, *, commit: bool) -> None:
        try:
            connection = self._parent._connection
            if connection is None:
                return
            if not commit:
                await connection.rollback()
                return
            try:
                await connection.commit()
            except BaseException:
                await connection.rollback()
                raise
        finally:
            self._parent._lock.release()


client_class = SqliteClient
