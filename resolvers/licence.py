"""The licence: what it says today, told live, and replacing it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import domain.licence
from domain.licence import Standing, counted, standing_of
from domain.secrets import Secret
from resolvers.context import Info
from resolvers.live import Live
from resolvers.mutations import Refused, carry_out


@dataclass
class ReplaceLicenceInput:
    """`token`: the licence as it was given; white space in it does not matter."""

    token: str
    command_id: str | None = None


def standing(live: Live) -> Standing:
    """Of the whole cluster's devices, whoever asks."""
    row, devices = live.snapshot.licence, counted(live.snapshot.devices.values())
    return standing_of(row, live.licence_key, devices, datetime.now(UTC))


def licence(info: Info) -> Standing:
    return standing(info.context.live)


async def licence_changes(info: Info) -> AsyncIterator[Standing | None]:
    """As it is, and again when it is replaced or a day or a device changes what it says."""
    told = None
    async for _ in info.context.live.ticks():
        info.context.renew()
        now = standing(info.context.live)
        yield None if now == told else now
        told = now


async def replace_licence(info: Info, input: ReplaceLicenceInput) -> Standing | Refused:
    live = info.context.live
    replaced = await carry_out(
        info,
        lambda actor: domain.licence.replace_licence(actor, Secret(input.token), live.licence_key),
        input.command_id,
    )
    return replaced if isinstance(replaced, Refused) else standing(live)


def warnings(root: Standing, info: Info) -> list[str]:
    return list(root.warnings)


def id_of(root: Standing, info: Info) -> str | None:
    return None if root.licence is None else root.licence.id


def customer(root: Standing, info: Info) -> str | None:
    return None if root.licence is None else root.licence.customer


def device_limit(root: Standing, info: Info) -> int | None:
    return None if root.licence is None else root.licence.device_limit


def not_before(root: Standing, info: Info) -> datetime | None:
    return None if root.licence is None else root.licence.not_before


def expires_at(root: Standing, info: Info) -> datetime | None:
    return None if root.licence is None else root.licence.expires_at


def is_of_this_cluster(root: Standing, info: Info) -> bool | None:
    return None if root.licence is None else root.licence.cluster_id is not None


def entered_at(root: Standing, info: Info) -> datetime | None:
    row = info.context.live.snapshot.licence
    return None if row is None else row.entered_at


def entered_by(root: Standing, info: Info) -> str | None:
    row = info.context.live.snapshot.licence
    return None if row is None else row.entered_by
