"""Two who want the same at once, each race by itself: both are let go together, one has to yield.

On PostgreSQL they really run at once; on SQLite one waits for the other. Locks are taken in one
order, so that nothing has to be begun anew after the second that a deadlock takes to be found.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import asyncpg
import pytest

from domain import pools
from domain.actors import Actor
from domain.credentials import Scope
from domain.database import execute, fetch
from domain.device_requests import Issued, Poll, answer_device, begin_device, poll_device
from domain.devices import Device
from domain.groups import Group, create_group, delete_groups, edit_group
from domain.installation import Installed
from domain.inventory import record_node
from domain.pools import Pool, create_pool, delete_pools, edit_pool
from domain.roles import Role
from domain.users import Newcomer, User, delete_users, edit_user, on_board
from tests.domain.fleet import NOON, node
from tests.services.locks import Stop, during

pytestmark = pytest.mark.usefixtures("no_deadlock")

ADA = Actor(1, "ada")


async def at_once(*work: Awaitable[Any]) -> list[str]:
    """The names of what each led to, sorted: "done", or the refusal's."""
    results = await asyncio.gather(*work, return_exceptions=True)
    return sorted(type(one).__name__ if isinstance(one, Exception) else "done" for one in results)


@pytest.fixture
async def bob(installed: Installed) -> Actor:
    """A second operator."""
    (made,) = await on_board(ADA, [Newcomer("bob", None, (Role.OPERATOR,))])
    return Actor(made.user_id, "bob")


async def operators() -> list[str]:
    users = await User.filter(roles__role=Role.OPERATOR).order_by("name")
    return [user.name for user in users]


@pytest.mark.spec("USER-3")
async def test_of_two_operators_who_take_the_role_from_each_other_one_stays(bob: Actor) -> None:
    for _ in range(5):
        ada_version = (await User.get(name="ada")).version
        bob_version = (await User.get(name="bob")).version
        outcomes = await at_once(
            edit_user(ADA, bob.user_id or 0, bob_version, roles=()),
            edit_user(bob, 1, ada_version, roles=()),
        )
        assert outcomes == ["NotAllowed", "done"]
        (left,) = await operators()
        giver, other = (ADA, bob) if left == "ada" else (bob, ADA)
        version = (await User.get(id=other.user_id)).version
        await edit_user(giver, other.user_id or 0, version, roles=(Role.OPERATOR,))


@pytest.mark.spec("USER-3")
async def test_of_two_operators_who_give_up_the_role_one_is_the_last(bob: Actor) -> None:
    outcomes = await at_once(
        edit_user(ADA, 1, 1, roles=(), confirm_own=True),
        edit_user(bob, bob.user_id or 0, 1, roles=(), confirm_own=True),
    )
    assert outcomes == ["LastOperator", "done"]
    assert len(await operators()) == 1


@pytest.mark.spec("USER-3", "USER-5")
async def test_of_two_operators_who_delete_each_other_one_stays(bob: Actor) -> None:
    outcomes = await at_once(delete_users(ADA, [bob.user_id or 0]), delete_users(bob, [1]))
    assert outcomes == ["NotAllowed", "done"]
    assert len(await operators()) == 1


@pytest.fixture
async def devices(installed: Installed) -> list[int]:
    """Four of one type, free."""
    report = node("a", "GPU-1", "GPU-2", "GPU-3", "GPU-4")
    return list((await record_node(report, NOON)).device_ids)


@pytest.mark.spec("POOL-2", "POOL-4")
async def test_of_two_pools_that_want_the_same_device_one_gets_it(devices: list[int]) -> None:
    outcomes = await at_once(
        create_pool(ADA, "red", devices[:3]), create_pool(ADA, "blue", devices[2:])
    )
    assert outcomes == ["DevicesInOtherPool", "done"]
    (pool,) = await Pool.filter(is_default=False)
    assert await Device.filter(pool_id=pool.id).count() in (2, 3)


@pytest.mark.spec("POOL-2", "T-15")
async def test_of_two_pools_that_want_the_same_name_one_gets_it(devices: list[int]) -> None:
    for name in ("red", "blue", "green"):
        pool = await create_pool(ADA, f"first {name}", devices[:1])
        outcomes = await at_once(
            create_pool(ADA, name, devices[1:2]), edit_pool(ADA, pool, 1, name=name.upper())
        )
        assert outcomes == ["NameTaken", "done"]
        assert await Pool.filter(name_key=name).count() == 1
        for made in await Pool.filter(is_default=False):
            await delete_pools(ADA, [made.id])


@pytest.mark.spec("POOL-4")
async def test_of_two_edits_of_one_version_one_is_stale(devices: list[int]) -> None:
    pool = await create_pool(ADA, "red", devices[:1])
    outcomes = await at_once(*(edit_pool(ADA, pool, 1, add=[device]) for device in devices[1:]))
    assert outcomes == ["StaleEdit", "StaleEdit", "done"]
    assert await Device.filter(pool_id=pool).count() == 2


@pytest.mark.spec("GROUP-2")
async def test_of_two_groups_that_want_the_same_pool_one_gets_it(devices: list[int]) -> None:
    pool = await create_pool(ADA, "red", devices[:1])
    blue = await create_group(ADA, "blue")
    outcomes = await at_once(
        create_group(ADA, "green", (), pool), edit_group(ADA, blue, 1, pool_id=pool)
    )
    assert outcomes == ["PoolInUse", "done"]
    assert await Group.filter(pool_id=pool).count() == 1


@pytest.mark.spec("GROUP-2", "GROUP-4")
async def test_of_two_groups_that_want_the_same_user_one_gets_them(installed: Installed) -> None:
    people = [one.user_id for one in await on_board(ADA, [Newcomer("bob"), Newcomer("cleo")])]
    blue = await create_group(ADA, "blue")
    outcomes = await at_once(
        create_group(ADA, "green", people), edit_group(ADA, blue, 1, add=people[::-1])
    )
    assert outcomes == ["UsersInOtherGroup", "done"]
    assert len({user.group_id for user in await User.filter(id__in=people)}) == 1


@pytest.mark.spec("GROUP-4")
async def test_groups_that_want_each_others_pools_are_both_refused(devices: list[int]) -> None:
    pools = [await create_pool(ADA, name, [devices[i]]) for i, name in enumerate(["p", "q"])]
    groups = [await create_group(ADA, f"of {i}", (), pool) for i, pool in enumerate(pools)]
    for _ in range(5):
        outcomes = await at_once(
            edit_group(ADA, groups[0], 1, pool_id=pools[1]),
            edit_group(ADA, groups[1], 1, pool_id=pools[0]),
        )
        assert outcomes == ["PoolInUse", "PoolInUse"]


@pytest.mark.spec("POOL-7", "GROUP-2")
async def test_a_pool_is_not_deleted_while_a_group_takes_it(devices: list[int]) -> None:
    blue = await create_group(ADA, "blue")
    for version in range(1, 10, 2):
        pool = await create_pool(ADA, "red", devices[:1])
        outcomes = await at_once(
            delete_pools(ADA, [pool]), edit_group(ADA, blue, version, pool_id=pool)
        )
        assert outcomes in (["ItemsRefused", "done"], ["Unknown", "done"])
        group = await Group.get(id=blue)
        assert (group.pool_id is not None) == await Pool.exists(id=pool)
        if group.pool_id is None:
            break
        await edit_group(ADA, blue, version + 1, pool_id=None)
        await delete_pools(ADA, [pool])


@pytest.mark.spec("GROUP-5", "USER-1")
async def test_a_group_is_not_deleted_while_somebody_joins_it(installed: Installed) -> None:
    for name in ("bob", "cleo", "dan"):
        group = await create_group(ADA, "red")
        outcomes = await at_once(
            delete_groups(ADA, [group]), on_board(ADA, [Newcomer(name, None, (), group)])
        )
        assert outcomes in (["ItemsRefused", "done"], ["Unknown", "done"])
        assert await Group.exists(id=group) == await User.exists(name=name)
        await delete_users(ADA, [user.id for user in await User.filter(name=name)] or [])
        await delete_groups(ADA, [one.id for one in await Group.filter(is_default=False)])


@pytest.mark.spec("POOL-4", "GROUP-4")
async def test_a_device_goes_back_to_the_default_pool_while_a_group_gives_that_one_up(
    devices: list[int], monkeypatch: pytest.MonkeyPatch, watcher: asyncpg.Connection | None
) -> None:
    pool = await create_pool(ADA, "red", devices[:2])
    default = await Group.get(is_default=True)
    stop = Stop()
    monkeypatch.setattr(pools, "_place", stop.before(pools._place))
    outcomes = await during(
        stop,
        edit_pool(ADA, pool, 1, remove=devices[:1]),
        lambda: edit_group(ADA, default.id, default.version, pool_id=pool),
        watcher,
    )
    assert outcomes == [pool, default.id]


@pytest.mark.spec("TOKEN-1", "T-18")
async def test_of_polls_of_one_code_at_once_one_gets_a_token(installed: Installed) -> None:
    for _ in range(5):
        begun = await begin_device(Scope.READ, "laptop", "192.0.2.1")
        await answer_device(ADA, begun.user_code, is_allowed=True)
        # None comes too soon, not even after another: all want to make the token.
        await execute("UPDATE device_request SET interval_seconds = -60")
        polls = await asyncio.gather(
            *(poll_device(begun.device_code, "192.0.2.1") for _ in range(4))
        )
        assert sum(isinstance(one, Issued) for one in polls) == 1
        assert [one for one in polls if not isinstance(one, Issued)] == [Poll.EXPIRED] * 3
        (row,) = await fetch("SELECT count(*) AS tokens FROM api_token WHERE revoked_at IS NULL")
        assert row["tokens"] == 1
        await execute("UPDATE api_token SET revoked_at = created_at")


@pytest.mark.spec("TOKEN-1")
async def test_a_code_is_not_both_allowed_and_denied(installed: Installed) -> None:
    for _ in range(5):
        begun = await begin_device(Scope.READ, "laptop", "192.0.2.1")
        outcomes = await at_once(
            answer_device(ADA, begun.user_code, is_allowed=True),
            answer_device(ADA, begun.user_code, is_allowed=False),
        )
        assert outcomes == ["CodeUnknown", "done"]
        (row,) = await fetch("SELECT user_id, is_denied FROM device_request")
        assert (row["user_id"] is None) == bool(row["is_denied"])
        await execute("DELETE FROM device_request")
        await execute("DELETE FROM sign_in_failure")
