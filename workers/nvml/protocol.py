"""What the parent asks of its NVML child and what that answers: length-prefixed msgpack."""

from __future__ import annotations

import struct

import msgspec

from telemetry.samples import DeviceFacts, DeviceStatus, DeviceUuid, ProcessSample

LENGTH = struct.Struct("=I")


class Open(msgspec.Struct, frozen=True, tag=True):
    """The first request: which cards (NVML indices) not to touch at all."""

    skip: list[int]


class Tick(msgspec.Struct, frozen=True, tag=True):
    """Read every card onto the board under this number; `last` come after all others."""

    number: int
    skip: list[int] = []
    last: list[int] = []


class AskProcesses(msgspec.Struct, frozen=True, tag=True):
    """List the compute processes of the open cards."""

    number: int


Request = Open | Tick | AskProcesses


class Row(msgspec.Struct, frozen=True):
    """A card or MIG instance that the child has open, and its row on the board."""

    row: int
    card: int  # NVML index of the card; a MIG instance has its parent's
    facts: DeviceFacts


class Inventory(msgspec.Struct, frozen=True, tag=True):
    """The node's devices; sent once after the start, and again when they change."""

    rows: list[Row]
    failed: dict[int, DeviceStatus]  # cards that could not be opened, by NVML index
    driver_version: str | None = None
    cuda_version: str | None = None


class XidSeen(msgspec.Struct, frozen=True, tag=True):
    device: DeviceUuid
    xid: int
    at: float


class Ticked(msgspec.Struct, frozen=True, tag=True):
    number: int


class ProcessTable(msgspec.Struct, frozen=True, tag=True):
    number: int
    answered: list[DeviceUuid]
    processes: list[ProcessSample]


class DriverUnavailable(msgspec.Struct, frozen=True, tag=True):
    """The child's last word: NVML cannot be used; a new process must load it afresh."""

    reason: str
    is_unloaded: bool  # not loaded or replaced: when it is back, every card has been reset


Answer = Inventory | XidSeen | Ticked | ProcessTable | DriverUnavailable

_encoder = msgspec.msgpack.Encoder()
decode_request = msgspec.msgpack.Decoder(Request).decode
decode_answer = msgspec.msgpack.Decoder(Answer).decode


def frame(message: Request | Answer) -> bytes:
    body = _encoder.encode(message)
    return LENGTH.pack(len(body)) + body
