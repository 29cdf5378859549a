"""Memory that the NVML child writes and its parent reads, so that a child that hangs or dies in the
middle of a tick still says which card it was at and leaves what it had read of the others."""

from __future__ import annotations

import mmap
import os
import struct
import time

import msgspec

from telemetry.samples import DeviceSample

ROWS = 512
"""More than a node can have: 16 cards with 7 MIG instances each are 128."""

STARTING = -2
IDLE = -1

_ROW_BYTES = 768  # a sample of 40 numbers takes at most 400 bytes as msgpack
_HEADER_BYTES = 64
_BUSY = struct.Struct("=qd")
_STAMP = struct.Struct("=QI")


class Board:
    """Which card the child is at, and the newest reading of every row with its tick."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._memory = mmap.mmap(descriptor, _HEADER_BYTES + ROWS * _ROW_BYTES)
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(DeviceSample).decode

    @classmethod
    def create(cls) -> Board:
        descriptor = os.memfd_create("nvml-board")
        os.ftruncate(descriptor, _HEADER_BYTES + ROWS * _ROW_BYTES)
        board = cls(descriptor)
        board.at(STARTING)
        return board

    def at(self, card: int) -> None:
        """Say, before touching it, which card (NVML index) comes now; or STARTING, or IDLE."""
        _BUSY.pack_into(self._memory, 0, card, time.monotonic())

    def whereabouts(self) -> tuple[int, float]:
        """The card that the child is at, and since when (CLOCK_MONOTONIC, the same in both)."""
        card, since = _BUSY.unpack_from(self._memory, 0)
        return card, since

    def write(self, row: int, tick: int, reading: DeviceSample) -> None:
        raw = self._encode(reading)
        start = _HEADER_BYTES + row * _ROW_BYTES
        body = start + _STAMP.size
        self._memory[body : body + len(raw)] = raw
        _STAMP.pack_into(self._memory, start, tick, len(raw))  # last: the row is valid from here on

    def read(self, row: int, tick: int) -> DeviceSample | None:
        """The reading of exactly this tick; an older one is no news and is never repeated."""
        start = _HEADER_BYTES + row * _ROW_BYTES
        stamped, length = _STAMP.unpack_from(self._memory, start)
        if stamped != tick:
            return None
        body = start + _STAMP.size
        return self._decode(self._memory[body : body + length])

    def close(self) -> None:
        self._memory.close()
        os.close(self.descriptor)
