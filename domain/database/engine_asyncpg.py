"""Tortoise's PostgreSQL engine, made safe to cancel and to outlive a restart of the server.

Tortoise finds it by the module's name, which must contain "asyncpg".
"""

from __future__ import annotations

from typing import Any

import asyncpg
from tortoise.backends.asyncpg import client as stock
from tortoise.backends.base.client import (
    ConnectionWrapper,
    NestedTransactionContext,
    PoolConnectionWrapper,
    TransactionContext,
)
from tortoise.backends.base_postgres.client import translate_exceptions
from tortoise.connection import get_connections

from domain.database.errors import DatabaseUnavailable, OutcomeUnknown, is_connection_lost
from domain.database.ownership import ACQUIRE_TIMEOUT_SECONDS, OwnedByOneTask, to_the_end

CONNECT_TIMEOUT_SECONDS = 5.0
COMMAND_TIMEOUT_SECONDS = 60.0

SERVER_SETTINGS = {
    "application_name": "quartermaster",
    "timezone": "UTC",
    "lock_timeout": "5s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "30s",
}


class StatelessConnection(asyncpg.Connection):  # type: ignore[misc]
    """Given back to the pool without a question to the server.

    Whatever we set or lock ends with its transaction, and one that is open is rolled back still.
    """

    def get_reset_query(self) -> str:
        return ""


class Rows(stock.AsyncpgDBClient):
    """What client and transaction share: plain rows, and a lost server told as one thing."""

    @translate_exceptions
    async def fetch_rows(self, sql: str, values: list[object]) -> list[asyncpg.Record]:
        async with self.acquire_connection() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *values)
        return rows

    @translate_exceptions
    async def count_written(self, sql: str, values: list[object]) -> int:
        async with self.acquire_connection() as connection:
            status: str = await connection.execute(sql, *values)  # "UPDATE 3"
        number = status.rpartition(" ")[2]
        return int(number) if number.isdecimal() else 0

    async def _translate_exceptions(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super()._translate_exceptions(func, *args, **kwargs)
        except Exception as error:
            if is_connection_lost(error):
                raise DatabaseUnavailable(f"PostgreSQL went away: {error}") from error
            raise


class AsyncpgClient(Rows):
    """A pool that is opened at start and whose connections are never waited for without end."""

    def __init__(self, dsn: str, **options: Any) -> None:
        super().__init__(**options)
        self._dsn = dsn

    async def create_connection(self, with_db: bool) -> None:
        try:
            self._pool = await asyncpg.create_pool(
                self._dsn,
                connection_class=StatelessConnection,
                min_size=self.pool_minsize,
                max_size=self.pool_maxsize,
                timeout=CONNECT_TIMEOUT_SECONDS,
                command_timeout=COMMAND_TIMEOUT_SECONDS,
                max_inactive_connection_lifetime=60.0,
                server_settings=SERVER_SETTINGS,
            )
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            raise DatabaseUnavailable(f"PostgreSQL cannot be reached: {error}") from error
        await self._post_connect()

    async def acquire(self) -> asyncpg.Connection:
        if self._pool is None:
            raise DatabaseUnavailable("The database is not open.")
        try:
            return await self._pool.acquire(timeout=ACQUIRE_TIMEOUT_SECONDS)
        except TimeoutError as error:
            raise DatabaseUnavailable("No database connection became free in time.") from error
        except Exception as error:
            if is_connection_lost(error):
                raise DatabaseUnavailable(f"PostgreSQL cannot be reached: {error}") from error
            raise

    async def release(self, connection: asyncpg.Connection) -> None:
        if self._pool is not None:
            await self._pool.release(connection)

    def acquire_connection(self) -> PoolConnectionWrapper[asyncpg.Connection]:
        return PooledConnection(self, self._pool_init_lock)

    def _in_transaction(self) -> TransactionContext:
        return AsyncpgTransactionContext(self)


class PooledConnection(PoolConnectionWrapper[asyncpg.Connection]):
    """The connection of one statement outside a transaction."""

    client: AsyncpgClient

    async def __aenter__(self) -> asyncpg.Connection:
        self.connection = await self.client.acquire()
        return self.connection

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        await to_the_end(self.client.release(self.connection))


class AsyncpgTransaction(OwnedByOneTask, Rows, stock.TransactionWrapper):
    def __init__(self, parent: stock.AsyncpgDBClient) -> None:
        super().__init__(parent)
        self.claim()

    def acquire_connection(self) -> ConnectionWrapper[asyncpg.Connection]:
        self.require_owner()
        return super().acquire_connection()

    def _in_transaction(self) -> TransactionContext:
        self.require_owner()
        return NestedTransactionContext(AsyncpgTransaction(self))


class AsyncpgTransactionContext(TransactionContext):
    """A pooled connection with a transaction begun on it; given back however the block ends."""

    def __init__(self, parent: AsyncpgClient) -> None:
        self._parent = parent

    async def __aenter__(self) -> AsyncpgTransaction:
        self._connection = await self._parent.acquire()
        try:
            self._sql = self._connection.transaction()
            await self._sql.start()
        except BaseException as error:
            await to_the_end(self._parent.release(self._connection))  # which rolls back
            if is_connection_lost(error):
                raise DatabaseUnavailable(f"PostgreSQL went away: {error}") from error
            raise
        self._transaction = AsyncpgTransaction(self._parent)
        self._transaction._connection = self._connection
        self._transaction.transaction = self._sql
        self._token = get_connections().set(self._parent.connection_name, self._transaction)
        return self._transaction

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        # First of all: a context that kept a dead connection would never recover from a restart.
        get_connections().reset(self._token)
        self._transaction._finalized = True
        await to_the_end(self._end(commit=kind is None))

    async def _end(self, *, commit: bool) -> None:
        try:
            if commit:
                await self._commit()
            else:
                await self._roll_back()
        finally:
            await self._parent.release(self._connection)

    async def _commit(self) -> None:
        if self._is_gone():
            raise DatabaseUnavailable("PostgreSQL went away before the commit.") from OSError()
        try:
            await self._sql.commit()
        except Exception as error:
            if is_connection_lost(error) or isinstance(error, TimeoutError):
                raise OutcomeUnknown("The connection was lost while committing.") from error
            raise

    async def _roll_back(self) -> None:
        """If it cannot be done, the server has done it; what is told is why the block failed."""
        try:
            await self._sql.rollback()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            if not self._is_gone():
                self._connection.terminate()

    def _is_gone(self) -> bool:
        try:
            return bool(self._connection.is_closed())
        except asyncpg.InterfaceError:  # the pool took a lost connection back by itself
            return True


client_class = AsyncpgClient
