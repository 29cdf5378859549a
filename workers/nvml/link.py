"""One NVML child as its parent sees it: started, asked, listened to, and given up when it hangs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import msgspec

from telemetry.samples import DeviceSample, DeviceUuid, NodeId
from workers.nvml.board import Board
from workers.nvml.protocol import (
    LENGTH,
    Answer,
    AskProcesses,
    DriverUnavailable,
    Inventory,
    Open,
    ProcessTable,
    Request,
    Tick,
    Ticked,
    decode_answer,
    frame,
)


class Link:
    """Nothing here waits for the child without a deadline, and nothing ever kills it hard:
    a process that is killed inside the driver can take the card with it (F-39)."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        board: Board,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        on_answer: Callable[[Answer], None],
    ) -> None:
        self.process = process
        self.board = board
        self.inventory: Inventory | None = None
        self.table: ProcessTable | None = None
        self.farewell: DriverUnavailable | None = None
        self.ticked = 0
        self.is_gone = False
        self._asked_at: float | None = None  # monotonic; None while nothing is asked of it
        self._reader, self._writer = streams
        self._on_answer = on_answer
        self._heard = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(
        cls, node_id: NodeId, skip: list[int], on_answer: Callable[[Answer], None]
    ) -> Link:
        """Raises: OSError where no process can be started."""
        board = Board.create()
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "workers.nvml.child", f"--socket={theirs.fileno()}"]
        command += [f"--board={board.descriptor}", f"--node={node_id}"]
        try:
            with theirs:
                process = await asyncio.to_thread(
                    subprocess.Popen,
                    command,
                    stdin=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(), board.descriptor),
                    start_new_session=True,  # Ctrl-C at the terminal is for the parent
                )
        except BaseException:
            ours.close()
            board.close()
            raise
        link = cls(process, board, await asyncio.open_connection(sock=ours), on_answer)
        link._ask(Open(skip))
        return link

    @property
    def is_quiet(self) -> bool:
        """Ready, and everything that was asked of it is answered."""
        return self.inventory is not None and self._asked_at is None

    def tick(self, number: int, skip: list[int], last: list[int]) -> None:
        self._ask(Tick(number, skip, last))

    def ask_processes(self, number: int) -> None:
        self._writer.write(frame(AskProcesses(number)))

    def busy_since(self) -> tuple[int, float | None]:
        """The card that it is at, and since when (monotonic); None while nothing is asked of it."""
        card, since = self.board.whereabouts()
        return card, None if self._asked_at is None else max(since, self._asked_at)

    async def until(self, condition: Callable[[], bool], deadline: float) -> bool:
        """Wait until it holds, the child is gone, or the deadline (monotonic) has passed."""
        while not condition() and not self.is_gone:
            self._heard.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._heard.wait()
            except TimeoutError:
                break
        return condition()

    def readings(self, tick: int) -> dict[DeviceUuid, DeviceSample]:
        """What it has read in this tick so far, also when it never finished."""
        rows = self.inventory.rows if self.inventory else []
        read = ((row.facts.uuid, self.board.read(row.row, tick)) for row in rows)
        return {uuid: reading for uuid, reading in read if reading is not None}

    def let_go(self) -> None:
        """Close our ends. A child that still runs, or wakes up later, finds that out and ends."""
        self._listening.cancel()
        self._writer.close()
        self.board.close()
        self.is_gone = True
        self._heard.set()

    def _ask(self, request: Request) -> None:
        self._asked_at = time.monotonic()
        self._writer.write(frame(request))

    async def _listen(self) -> None:
        with contextlib.suppress(
            asyncio.IncompleteReadError, ConnectionError, msgspec.MsgspecError
        ):
            while True:
                (length,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
                self._take(decode_answer(await self._reader.readexactly(length)))
                self._heard.set()
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self.process.wait, 0.5)  # its exit code tells why
        self.is_gone = True
        self._heard.set()

    def _take(self, answer: Answer) -> None:
        match answer:
            case Inventory():
                if self.inventory is None:
                    self._asked_at = None  # the answer to Open
                self.inventory = answer
            case Ticked(number):
                self.ticked = number
                self._asked_at = None
            case ProcessTable():
                self.table = answer
            case DriverUnavailable():
                self.farewell = answer
        self._on_answer(answer)
