"""Terminals that ask for a token, as the person is shown them who has their code."""

from __future__ import annotations

from dataclasses import dataclass

import domain.device_requests
from domain.credentials import Scope
from domain.device_requests import DeviceRow, waiting_device
from domain.refusals import Refusal
from resolvers.context import Info
from resolvers.mutations import Refused, carry_out


@dataclass
class AnswerDeviceInput:
    user_code: str
    is_allowed: bool
    command_id: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceAnswered:
    is_allowed: bool


async def waiting(info: Info, user_code: str) -> DeviceRow | Refused:
    try:
        return await waiting_device(info.context.actor(), user_code)
    except Refusal as refusal:
        return Refused(refusal)


def scope(root: DeviceRow) -> Scope:
    return Scope(root.scope)


async def answer_device(info: Info, input: AnswerDeviceInput) -> DeviceAnswered | Refused:
    answered = await carry_out(
        info,
        lambda actor: domain.device_requests.answer_device(
            actor, input.user_code, is_allowed=input.is_allowed
        ),
        input.command_id,
    )
    return answered if isinstance(answered, Refused) else DeviceAnswered(input.is_allowed)
