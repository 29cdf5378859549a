"""The rules that the database itself holds, each broken with plain SQL on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tortoise.exceptions import IntegrityError

from domain.audit import AuditEntry
from domain.database import execute, fetch
from domain.devices import Device, DeviceType
from domain.groups import Group
from domain.installation import Installed
from domain.inventory import record_node
from domain.job_reports import ReportedJob, record_processes
from domain.jobs import JobSource
from domain.names import fold_name
from domain.nodes import Node
from domain.pools import Pool
from domain.users import User
from tests.domain.fleet import NOON, node


@pytest.fixture
async def research(installed: Installed) -> Pool:
    """A pool of the type of GPU-1, which is in the Default pool still; another type is known."""
    await record_node(node("a", "GPU-1"), NOON)
    await DeviceType.create(vendor="NVIDIA", product="NVIDIA L4", key="NVIDIA|NVIDIA L4")
    type_id = (await Device.get(uuid="GPU-1")).type_id
    return await Pool.create(
        name="research", name_key="research", type_id=type_id, type_key=type_id, created_at=NOON
    )


@pytest.mark.spec("POOL-1")
async def test_there_is_one_default_pool(installed: Installed) -> None:
    with pytest.raises(IntegrityError):
        await execute(
            "INSERT INTO pool (name, name_key, is_default, created_at) VALUES ('D', 'd', TRUE, ?)",
            NOON,
        )


@pytest.mark.spec("GROUP-1")
async def test_there_is_one_default_group(installed: Installed) -> None:
    with pytest.raises(IntegrityError):
        await execute(
            'INSERT INTO "group" (name, name_key, is_default, created_at)'
            " VALUES ('D', 'd', TRUE, ?)",
            NOON,
        )


@pytest.mark.spec("POOL-1", "GROUP-1")
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM pool WHERE is_default",
        "UPDATE pool SET name = 'other' WHERE is_default",
        "UPDATE pool SET is_default = FALSE WHERE is_default",
        'DELETE FROM "group" WHERE is_default',
        'UPDATE "group" SET is_default = FALSE WHERE is_default',
    ],
)
async def test_the_defaults_are_neither_deleted_nor_renamed(
    installed: Installed, statement: str
) -> None:
    # Without what refers to them, so that nothing but the rule itself stands in the way.
    await execute("DELETE FROM user_role")
    await execute('DELETE FROM "user"')
    await execute('UPDATE "group" SET pool_id = NULL')
    with pytest.raises(IntegrityError, match="The Default"):
        await execute(statement)


async def test_a_pool_serves_one_group(installed: Installed) -> None:
    pool = await Pool.get(is_default=True)
    with pytest.raises(IntegrityError):
        await Group.create(name="second", name_key="second", pool=pool, created_at=NOON)


@pytest.mark.spec("POOL-3")
async def test_a_pool_takes_devices_of_its_type_only(research: Pool) -> None:
    other = await DeviceType.get(product="NVIDIA L4")
    await Device.filter(uuid="GPU-1").update(type_id=other.id)
    with pytest.raises(IntegrityError):
        await execute(
            "UPDATE device SET pool_id = ?, pool_type_key = ?", research.id, research.type_key
        )


@pytest.mark.spec("POOL-3")
@pytest.mark.parametrize("key", ["0", "type_id + 1"])
async def test_a_device_cannot_enter_a_pool_under_another_type_than_the_pools(
    research: Pool, key: str
) -> None:
    with pytest.raises(IntegrityError):
        await execute(f"UPDATE device SET pool_id = ?, pool_type_key = {key}", research.id)


@pytest.mark.spec("POOL-3")
async def test_a_pool_with_devices_cannot_become_of_another_type(research: Pool) -> None:
    await execute(
        "UPDATE device SET pool_id = ?, pool_type_key = ?", research.id, research.type_key
    )
    other = await DeviceType.get(product="NVIDIA L4")
    with pytest.raises(IntegrityError):
        await execute(
            "UPDATE pool SET type_id = ?, type_key = ? WHERE id = ?",
            other.id,
            other.id,
            research.id,
        )
    with pytest.raises(IntegrityError):
        await execute("UPDATE device SET type_id = ?", other.id)


async def test_only_the_default_pool_has_no_type(installed: Installed) -> None:
    with pytest.raises(IntegrityError):
        await Pool.create(name="any", name_key="any", created_at=NOON)


@pytest.mark.parametrize("statement", ["UPDATE device SET pool_id = NULL", "DELETE FROM pool"])
async def test_a_device_is_always_in_a_pool(research: Pool, statement: str) -> None:
    await execute('UPDATE "group" SET pool_id = NULL')
    with pytest.raises(IntegrityError):
        await execute(statement)


@pytest.mark.spec("T-15")
async def test_names_are_unique_whatever_their_case_width_and_spacing(research: Pool) -> None:
    assert fold_name("  ＲＥＳＥＡＲＣＨ ") == fold_name("Research") == research.name_key
    assert fold_name("Straße") == fold_name("STRASSE")
    with pytest.raises(IntegrityError):
        await User.create(name="ADA", name_key=fold_name("ADA"), created_at=NOON)
    with pytest.raises(IntegrityError):
        await Group.create(name="DEFAULT", name_key=fold_name("DEFAULT"), created_at=NOON)


@pytest.mark.parametrize("table", ["pool", '"group"', '"user"'])
async def test_a_name_is_never_empty(research: Pool, table: str) -> None:
    with pytest.raises(IntegrityError):
        await execute(f"UPDATE {table} SET name_key = ''")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'nobody'",
        "DELETE FROM audit_entry",
    ],
)
async def test_the_audit_log_is_append_only(installed: Installed, statement: str) -> None:
    before = await AuditEntry.all().values()
    assert before
    with pytest.raises(IntegrityError):
        await execute(statement)
    assert await AuditEntry.all().values() == before


async def test_the_databases_own_ways_round_the_audit_log_are_closed(
    installed: Installed, kind: str
) -> None:
    ways = {
        "sqlite": "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry",
        "postgresql": "TRUNCATE audit_entry",
    }
    with pytest.raises(IntegrityError, match="append-only"):
        await execute(ways[kind])


async def test_a_job_has_an_end_exactly_when_it_has_ended(research: Pool) -> None:
    job = ReportedJob("1", "train", None, frozenset({"GPU-1"}))
    await record_processes(JobSource.NVML, ["GPU-1"], [job], NOON)
    for statement in ("UPDATE job SET state = 'ENDED'", "UPDATE job SET ended_at = started_at"):
        with pytest.raises(IntegrityError):
            await execute(statement)


@pytest.mark.parametrize("table", ["node", "device_type", "device", '"user"', "job"])
async def test_deleting_what_is_referred_to_is_refused_and_takes_nothing_along(
    research: Pool, table: str
) -> None:
    await record_processes(
        JobSource.NVML, ["GPU-1"], [ReportedJob("1", "t", "ada", frozenset({"GPU-1"}))], NOON
    )
    with pytest.raises(IntegrityError):
        await execute(f"DELETE FROM {table}")
    assert await Node.exists()
    assert await Device.exists()


async def test_times_come_back_as_utc_and_truth_as_truth(installed: Installed) -> None:
    now = datetime.now(UTC)
    await execute('UPDATE "user" SET last_sign_in_at = ?', now)
    row = (await fetch('SELECT last_sign_in_at FROM "user"'))[0]
    assert row["last_sign_in_at"] == now
    assert row["last_sign_in_at"].utcoffset().total_seconds() == 0
    assert (await fetch("SELECT is_default FROM pool"))[0]["is_default"] is True


@pytest.mark.spec("T-54")
@pytest.mark.parametrize(
    "text", ["' OR 1=1 --", "\\", "%", "_", '"; DROP TABLE pool; --', "?", "$1"]
)
async def test_a_value_is_never_read_as_sql(installed: Installed, text: str) -> None:
    rows = await fetch("SELECT ? AS said, '?' AS literal WHERE ? IN (?)", text, text, [text, "x"])
    assert [tuple(row) for row in rows] == [(text, "?")]
    assert await fetch('SELECT 1 FROM "user" WHERE name IN (?)', []) == []
