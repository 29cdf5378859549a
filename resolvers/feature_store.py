"""The Feature Store, for operators; that it is used is told by whoever uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

import strawberry

import domain.feature_store
from domain.dvs import TargetRow, target_by_id
from domain.feature_store import ID, KIND, FeatureStoreRow, read_feature_store
from resolvers.context import Info
from resolvers.ids import numbers_or_nothing
from resolvers.mutations import Refused, carry_out


@dataclass
class SetFeatureStoreTargetInput:
    version: int
    target: strawberry.ID
    command_id: str | None = None


@dataclass
class UnlockFeatureStoreInput:
    """`confirmation`: the name of the target that is used."""

    version: int
    confirmation: str
    command_id: str | None = None


@dataclass
class MarkFeatureStoreUsedInput:
    command_id: str | None = None


@dataclass(frozen=True, slots=True)
class FeatureStoreUsed:
    since: datetime | None


async def feature_store(info: Info) -> FeatureStoreRow | None:
    return await read_feature_store() if info.context.is_operator else None


async def by_id(info: Info, number: int) -> FeatureStoreRow | None:
    return await feature_store(info) if number == ID else None


async def feature_store_changes(info: Info) -> AsyncIterator[FeatureStoreRow | None]:
    """It, and again whenever its target is another or it is locked or unlocked."""
    async with aclosing(info.context.live.feed.listen(KIND)) as feed:
        async for _ in feed:
            info.context.renew()
            yield await feature_store(info)


async def target(root: FeatureStoreRow) -> TargetRow | None:
    return await target_by_id(root.target_id)


def is_locked(root: FeatureStoreRow) -> bool:
    return root.used_at is not None


async def set_feature_store_target(
    info: Info, input: SetFeatureStoreTargetInput
) -> FeatureStoreRow | Refused:
    (number,) = numbers_or_nothing([input.target], "DvsTarget")
    done = await carry_out(
        info,
        lambda actor: domain.feature_store.set_target(actor, input.version, number),
        input.command_id,
    )
    return done if isinstance(done, Refused) else await read_feature_store()


async def unlock_feature_store(
    info: Info, input: UnlockFeatureStoreInput
) -> FeatureStoreRow | Refused:
    done = await carry_out(
        info,
        lambda actor: domain.feature_store.unlock(actor, input.version, input.confirmation),
        input.command_id,
    )
    return done if isinstance(done, Refused) else await read_feature_store()


async def mark_feature_store_used(
    info: Info, input: MarkFeatureStoreUsedInput
) -> FeatureStoreUsed | Refused:
    done = await carry_out(info, domain.feature_store.mark_used, input.command_id)
    if isinstance(done, Refused):
        return done
    return FeatureStoreUsed((await read_feature_store()).used_at)
