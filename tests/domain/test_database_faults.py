"""What happens to the database when callers are cancelled, servers restart, or too many come."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from domain.database import (
    DatabaseUnavailable,
    OutcomeUnknown,
    close_database,
    engine_asyncpg,
    engine_sqlite,
    execute,
    fetch,
    open_database,
    ping,
    transaction,
)
from domain.users import User
from tests.services.database import Database
from tests.services.postgres import Postgres


@pytest.fixture(autouse=True)
async def closed_afterwards() -> AsyncIterator[None]:
    yield
    await close_database()


@pytest.fixture
async def accounts(database: Database) -> None:
    """Two accounts whose sum is 100, whatever happens."""
    await execute("CREATE TABLE account (id INT PRIMARY KEY, amount INT NOT NULL)")
    await execute("INSERT INTO account VALUES (1, 100), (2, 0)")


@transaction
async def transfer() -> None:
    await fetch("SELECT amount FROM account WHERE id = 1")
    await execute("UPDATE account SET amount = amount - 1 WHERE id = 1")
    await asyncio.sleep(0)
    await execute("UPDATE account SET amount = amount + 1 WHERE id = 2")


async def total() -> int:
    return int((await fetch("SELECT sum(amount) AS total FROM account"))[0]["total"])


async def cancel_somewhere(work: asyncio.Task[None], dice: random.Random) -> None:
    for _ in range(dice.randrange(40)):
        await asyncio.sleep(0)
    if dice.random() < 0.3:
        await asyncio.sleep(dice.random() / 200)
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work


@pytest.mark.spec("F-29", "F-31")
async def test_three_hundred_cancelled_requests_leave_no_lock_and_no_half_change(
    accounts: None,
) -> None:
    dice = random.Random(20260301)

    async def client() -> None:
        for _ in range(60):
            await cancel_somewhere(asyncio.create_task(transfer()), dice)

    async with asyncio.timeout(60):
        await asyncio.gather(*(client() for _ in range(5)))
        await transfer()
    assert await total() == 100


@pytest.mark.spec("F-31")
async def test_cancelled_reads_give_their_connections_back(accounts: None) -> None:
    dice = random.Random(7)

    async def read() -> None:
        await total()

    async with asyncio.timeout(60):
        for _ in range(100):
            await cancel_somewhere(asyncio.create_task(read()), dice)
        assert await total() == 100


@pytest.fixture
async def small_pool(postgres: Postgres) -> AsyncIterator[str]:
    """PostgreSQL with two connections for all."""
    url = await postgres.migrated_database()
    await open_database(url, migrate=False, pool_size=2)
    yield url
    await close_database()


@pytest.mark.spec("F-31")
async def test_when_all_connections_are_taken_others_are_told_so_in_time(
    small_pool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_asyncpg, "ACQUIRE_TIMEOUT_SECONDS", 0.1)
    async with asyncio.timeout(30):
        held = [asyncio.create_task(fetch("SELECT pg_sleep(3)")) for _ in range(2)]
        while (await _busy(small_pool)) < 2:
            await asyncio.sleep(0.02)
        with pytest.raises(DatabaseUnavailable):
            await fetch("SELECT 1")
        with pytest.raises(DatabaseUnavailable):
            await ping()
        await asyncio.gather(*held)
        await ping()


async def _busy(url: str) -> int:
    watcher = await asyncpg.connect(url)
    try:
        return int(
            await watcher.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
            )
        )
    finally:
        await watcher.close()


@pytest.mark.spec("F-31")
async def test_a_transaction_that_holds_sqlite_for_too_long_is_told_to_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_sqlite, "ACQUIRE_TIMEOUT_SECONDS", 0.05)
    await open_database(f"sqlite:///{tmp_path / 'q.db'}", migrate=True)
    done = asyncio.Event()
    begun = asyncio.Event()

    @transaction
    async def hold() -> None:
        begun.set()
        await done.wait()

    @transaction
    async def other() -> None:
        await execute("DELETE FROM outbox")

    holder = asyncio.create_task(hold())
    await begun.wait()
    with pytest.raises(DatabaseUnavailable):
        await other()
    done.set()
    await holder
    await other()
    await close_database()


@pytest.fixture
async def own_postgres() -> AsyncIterator[Postgres]:
    """A server that this test may restart."""
    server = await asyncio.to_thread(Postgres.start)
    yield server
    await asyncio.to_thread(server.stop)


@pytest.mark.spec("F-30")
async def test_work_goes_on_by_itself_after_postgresql_was_restarted_under_load(
    own_postgres: Postgres,
) -> None:
    url = await own_postgres.empty_database()
    await open_database(url, migrate=True)
    await execute("CREATE TABLE account (id INT PRIMARY KEY, amount INT NOT NULL)")
    await execute("INSERT INTO account VALUES (1, 100), (2, 0)")
    stop = asyncio.Event()
    done = {"since restart": 0}

    async def worker() -> None:  # one long-lived task: its context must not keep a dead connection
        while not stop.is_set():
            try:
                await transfer()
                done["since restart"] += 1
            except (DatabaseUnavailable, OutcomeUnknown):
                await asyncio.sleep(0.05)

    async with asyncio.timeout(60), asyncio.TaskGroup() as workers:
        for _ in range(4):
            workers.create_task(worker())
        for _ in range(3):
            await _until(lambda: done["since restart"] >= 8)
            await asyncio.to_thread(own_postgres.restart)
            done["since restart"] = 0
            await _until(lambda: done["since restart"] >= 8)
        stop.set()
    assert await total() == 100


@pytest.mark.spec("F-30")
async def test_while_postgresql_is_away_everyone_is_told_so_and_afterwards_all_is_well(
    own_postgres: Postgres,
) -> None:
    await open_database(await own_postgres.empty_database(), migrate=True)
    await execute("CREATE TABLE account (id INT PRIMARY KEY, amount INT NOT NULL)")
    await execute("INSERT INTO account VALUES (1, 100), (2, 0)")
    await asyncio.to_thread(own_postgres.go_away)
    for ask in (total, transfer, ping, User.all().count):
        with pytest.raises(DatabaseUnavailable):
            await ask()
    await asyncio.to_thread(own_postgres.come_back)
    await transfer()
    await ping()
    assert (await total(), await User.all().count()) == (100, 0)
    await close_database()


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.01)


@pytest.mark.spec("F-30")
async def test_a_connection_that_was_ended_by_an_administrator_is_replaced(
    postgres: Postgres,
) -> None:
    await open_database(await postgres.migrated_database(), migrate=False)
    name = (await fetch("SELECT current_database() AS name"))[0]["name"]
    await postgres.run(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    )

    @transaction
    async def work() -> int:
        return int((await fetch("SELECT 1 AS one"))[0]["one"])

    assert await work() == 1
    await close_database()


@pytest.mark.spec("F-32")
async def test_a_connection_lost_at_commit_is_not_retried_blindly(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_database(await postgres.migrated_database(), migrate=False)
    await execute("CREATE TABLE account (id INT PRIMARY KEY, amount INT NOT NULL)")
    await execute("INSERT INTO account VALUES (1, 0)")
    commit = asyncpg.transaction.Transaction.commit

    async def commit_and_lose(self: asyncpg.transaction.Transaction) -> None:
        await commit(self)
        raise asyncpg.ConnectionDoesNotExistError(
            "connection was closed in the middle of operation"
        )

    @transaction
    async def add() -> None:
        await execute("UPDATE account SET amount = amount + 1")

    monkeypatch.setattr(asyncpg.transaction.Transaction, "commit", commit_and_lose)
    with pytest.raises(OutcomeUnknown):
        await add()
    monkeypatch.undo()
    assert await total() == 1
    await close_database()


WRITER = """
import asyncio, sys
from domain.database import close_database, execute, fetch, open_database, transaction

@transaction
async def add():
    n = (await fetch("SELECT n FROM counter"))[0]["n"]
    await execute("UPDATE counter SET n = ?", n + 1)

async def main():
    await open_database(sys.argv[1], migrate=False)
    for _ in range(int(sys.argv[2])):
        await add()
    await close_database()

asyncio.run(main())
"""


@pytest.mark.spec("F-27")
async def test_two_processes_that_read_and_then_write_sqlite_never_find_it_locked(
    tmp_path: Path,
) -> None:
    file, rounds = tmp_path / "q.db", 300
    await open_database(f"sqlite:///{file}", migrate=True)
    await execute("CREATE TABLE counter (n INT NOT NULL)")
    await execute("INSERT INTO counter VALUES (0)")
    writers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER, f"sqlite:///{file}", str(rounds)
        )
        for _ in range(2)
    ]
    assert [await writer.wait() for writer in writers] == [0, 0]
    assert (await fetch("SELECT n FROM counter"))[0]["n"] == 2 * rounds
    await close_database()


@pytest.mark.spec("F-28")
async def test_the_wal_behind_a_long_reader_is_given_back_when_the_reader_goes(
    tmp_path: Path,
) -> None:
    file = tmp_path / "q.db"
    await open_database(f"sqlite:///{file}", migrate=True)
    await execute("CREATE TABLE blob (data TEXT)")
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM blob").fetchall()
    wal = file.with_name("q.db-wal")
    for _ in range(300):
        await execute("INSERT INTO blob VALUES (?)", "x" * 400_000)
    grown = wal.stat().st_size
    assert grown > 100_000_000
    reader.execute("COMMIT")
    reader.close()
    for _ in range(3):
        await execute("INSERT INTO blob VALUES ('x')")
    assert wal.stat().st_size <= 64 * 1024 * 1024
    await close_database()
