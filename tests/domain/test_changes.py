"""Operations: one transaction with its audit entry and announcements, retried as a whole."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import asyncpg
import pytest
from tortoise.exceptions import TransactionManagementError
from tortoise.transactions import in_transaction

from domain.actors import Actor
from domain.announcements import Announcement, prune_outbox, send_announcements
from domain.audit import AuditEntry
from domain.database import Change, execute, fetch, operation, transaction
from domain.installation import Installed
from domain.outbox import OutboxRow
from domain.refusals import Refusal
from tests.services.database import Database

ADA = Actor(1, "ada", "192.0.2.1")


@dataclass(eq=False)
class TooMany(Refusal):
    limit: int

    def message(self) -> str:
        return f"At most {self.limit}: take some away."


@operation("counter.add")
async def add(change: Change, amount: int) -> int:
    before = (await fetch("SELECT n FROM counter"))[0]["n"]
    change.tell("counter", 1, "hits", before={"n": before}, after={"n": before + amount})
    await execute("UPDATE counter SET n = ?", before + amount)
    change.announce("counter", 1)
    if before + amount > 100:
        raise TooMany(100)
    return int(before) + amount


@pytest.fixture
async def counter(database: Database) -> None:
    await execute("CREATE TABLE counter (n INT NOT NULL)")
    await execute("INSERT INTO counter VALUES (0)")


async def value() -> int:
    return int((await fetch("SELECT n FROM counter"))[0]["n"])


async def test_a_change_leaves_an_entry_that_says_who_what_and_how(counter: None) -> None:
    assert await add(ADA, 5) == 5
    (entry,) = await AuditEntry.all()
    assert (entry.actor, entry.actor_user_id, entry.address) == ("ada", 1, "192.0.2.1")
    assert (entry.action, entry.object_kind, entry.outcome) == ("counter.add", "counter", "done")
    assert (entry.before, entry.after) == ({"n": 0}, {"n": 5})


async def test_a_refusal_undoes_everything_and_leaves_an_entry_too(counter: None) -> None:
    with pytest.raises(TooMany, match="At most 100"):
        await add(ADA, 101)
    assert await value() == 0
    (entry,) = await AuditEntry.all()
    assert (entry.outcome, entry.object_name) == ("TooMany", "hits")
    # What would have changed is told to nobody; that somebody tried is.
    (told,) = await OutboxRow.all()
    assert (told.kind, told.ids) == ("audit_entry", [entry.id])


async def test_where_the_entry_cannot_be_written_nothing_changes(counter: None) -> None:
    await execute("ALTER TABLE audit_entry RENAME TO elsewhere")
    with pytest.raises(Exception, match="audit_entry"):
        await add(ADA, 5)
    assert await value() == 0


@pytest.mark.spec("F-32")
async def test_changes_at_once_lose_no_update(counter: None) -> None:
    @transaction
    async def add_under_lock() -> None:
        await execute("UPDATE counter SET n = n + 1")
        await asyncio.sleep(0)

    await asyncio.gather(*(add_under_lock() for _ in range(40)))
    assert await value() == 40


@pytest.mark.spec("F-32")
async def test_read_then_write_that_the_database_refuses_is_begun_anew(
    database: Database, counter: None
) -> None:
    @transaction
    async def read_then_add() -> None:
        if database.kind == "postgresql":
            await execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        n = await value()
        await asyncio.sleep(0)
        await execute("UPDATE counter SET n = ?", n + 1)

    await asyncio.gather(*(read_then_add() for _ in range(4)))
    assert await value() == 4


@pytest.mark.spec("F-32")
async def test_the_whole_function_is_retried_and_its_first_try_leaves_nothing(
    counter: None,
) -> None:
    tries = 0

    @operation("counter.flaky")
    async def flaky(change: Change) -> None:
        nonlocal tries
        tries += 1
        await execute("UPDATE counter SET n = n + 1")
        change.announce("counter", tries)
        if tries < 3:
            raise asyncpg.DeadlockDetectedError("deadlock detected")

    await flaky(ADA)
    assert (tries, await value()) == (3, 1)
    assert [row.ids for row in await OutboxRow.filter(kind="counter")] == [[3]]
    assert await AuditEntry.all().count() == 1


@pytest.mark.spec("F-32")
async def test_what_cannot_get_better_is_not_retried(counter: None) -> None:
    tries = 0

    @transaction
    async def broken() -> None:
        nonlocal tries
        tries += 1
        raise ValueError("a fault of ours")

    with pytest.raises(ValueError, match="a fault of ours"):
        await broken()
    assert tries == 1


async def test_a_transaction_within_another_is_a_part_of_it(counter: None) -> None:
    @transaction
    async def outer() -> None:
        await add(ADA, 5)
        raise ValueError("after all")

    with pytest.raises(ValueError, match="after all"):
        await outer()
    assert await value() == 0
    assert not await AuditEntry.exists()


async def test_a_savepoint_undoes_its_own_part_only(counter: None) -> None:
    @transaction
    async def outer() -> None:
        await execute("UPDATE counter SET n = 1")
        with pytest.raises(ValueError, match="inner"):
            async with in_transaction():
                await execute("UPDATE counter SET n = 2")
                raise ValueError("inner")

    await outer()
    assert await value() == 1


@pytest.mark.spec("F-29")
async def test_tasks_inside_a_transaction_are_refused(counter: None) -> None:
    @transaction
    async def spread() -> None:
        await execute("UPDATE counter SET n = 1")
        await asyncio.gather(value(), value())

    with pytest.raises(TransactionManagementError, match="start no task inside one"):
        await spread()
    assert await value() == 0


@pytest.mark.spec("F-29")
async def test_a_task_that_outlives_its_transaction_writes_nothing(counter: None) -> None:
    over = asyncio.Event()
    tasks: list[asyncio.Task[None]] = []

    async def late() -> None:
        await over.wait()
        await execute("UPDATE counter SET n = 99")

    @transaction
    async def spawn() -> None:
        await execute("UPDATE counter SET n = 1")
        tasks.append(asyncio.create_task(late()))

    await spawn()
    over.set()
    with pytest.raises(TransactionManagementError, match="over"):
        await tasks[0]
    assert await value() == 1


async def test_what_was_announced_is_sent_once_and_in_order(counter: None) -> None:
    sent: list[Announcement] = []

    async def send(batch: list[Announcement]) -> None:
        sent.extend(batch)

    for _ in range(3):
        await add(ADA, 1)
    assert await send_announcements(send) == 6
    assert await send_announcements(send) == 0
    entries = await AuditEntry.all().order_by("id")
    assert sent == [
        told
        for entry in entries
        for told in (Announcement("counter", (1,)), Announcement("audit_entry", (entry.id,)))
    ]
    await execute("UPDATE outbox SET sent_at = created_at")
    assert await prune_outbox() == 0


async def test_what_could_not_be_sent_stays_unsent(counter: None) -> None:
    async def fail(batch: list[Announcement]) -> None:
        raise ConnectionError("the bus is away")

    await add(ADA, 1)
    with pytest.raises(ConnectionError):
        await send_announcements(fail)
    assert await OutboxRow.filter(sent_at=None, kind="counter").count() == 1


async def test_a_late_commit_is_not_missed_by_the_outbox(
    database: Database, installed: Installed
) -> None:
    """PostgreSQL only: a row with a lower id may be committed after one with a higher."""
    if database.kind == "sqlite":
        return
    sent: list[int] = []

    async def send(batch: list[Announcement]) -> None:
        sent.extend(one.ids[0] for one in batch if one.kind == "x")

    late = await asyncpg.connect(database.url)
    insert = "INSERT INTO outbox (kind, ids, created_at) VALUES ('x', '[{}]', now())"
    slow = late.transaction()
    await slow.start()
    await late.execute(insert.format(1))
    await execute(insert.format(2))
    await send_announcements(send)
    await slow.commit()
    await late.close()
    await send_announcements(send)
    assert sent == [2, 1]
