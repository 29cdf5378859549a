"""The process that makes all NVML calls of a node (`python -m workers.nvml.child`).

It says on the board which card it touches before it does; what hangs or crashes here, the parent
abandons. It holds one NVML session for its life and ends when the driver goes or the parent does.
"""

from __future__ import annotations

import argparse
import signal
import socket
import threading

import pynvml

from telemetry.samples import DeviceSample, DeviceStatus, NodeId
from workers.nvml.board import IDLE, STARTING, Board
from workers.nvml.errors import DRIVER_UNLOADED, CardLost, DriverGone
from workers.nvml.inventory import OpenCards
from workers.nvml.processes import ProcessReader
from workers.nvml.protocol import (
    LENGTH,
    Answer,
    AskProcesses,
    DriverUnavailable,
    Open,
    Request,
    Tick,
    Ticked,
    decode_request,
    frame,
)

SLOW_EVERY = 10
"""Ticks between two readings of what hardly changes, and between two looks at the inventory."""


class Parent:
    """The parent's end of the conversation, as the child sees it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._requests = connection.makefile("rb")
        self._telling = threading.Lock()  # processes are answered from a thread of their own

    def next_request(self) -> Request | None:
        """None when the parent is gone."""
        head = self._requests.read(LENGTH.size)
        if len(head) < LENGTH.size:
            return None
        (length,) = LENGTH.unpack(head)
        body = self._requests.read(length)
        return decode_request(body) if len(body) == length else None

    def tell(self, answer: Answer) -> None:
        with self._telling:
            self._connection.sendall(frame(answer))


def serve(parent: Parent, board: Board, node_id: NodeId) -> None:
    """Answer until the parent is gone.

    Raises: DriverGone, and NVMLError where NVML cannot start.
    """
    first = parent.next_request()
    if not isinstance(first, Open):
        return
    board.at(STARTING)
    pynvml.nvmlInit()
    cards = OpenCards(board.at)
    cards.open_missing(first.skip, again=False)
    _tell_news(cards, parent)
    board.at(IDLE)
    processes = ProcessReader(node_id, parent.tell)
    while (request := parent.next_request()) is not None:
        if isinstance(request, Tick):
            _tick(request, cards, parent, board)
        elif isinstance(request, AskProcesses):
            processes.answer(request, cards, board)
        board.at(IDLE)
    pynvml.nvmlShutdown()


def _tick(tick: Tick, cards: OpenCards, parent: Parent, board: Board) -> None:
    board.at(STARTING)
    for seen in cards.poll_xids():
        parent.tell(seen)
    for index in sorted(cards.cards.keys() - {*tick.last}):
        _read(index, tick.number, cards, board)
    # What may hang comes when all others have been read.
    is_full = tick.number % SLOW_EVERY == 0
    late = cards.open_missing(tick.skip, again=is_full) | {*tick.last}
    if is_full:
        late |= cards.refresh_mig(tick.skip)
    _tell_news(cards, parent)
    for index in sorted(late & cards.cards.keys()):
        _read(index, tick.number, cards, board)
    parent.tell(Ticked(tick.number))


def _tell_news(cards: OpenCards, parent: Parent) -> None:
    inventory = cards.news()
    if inventory is not None:
        parent.tell(inventory)


def _read(index: int, tick: int, cards: OpenCards, board: Board) -> None:
    board.at(index)
    opened = cards.cards[index]
    slowly = (tick + index) % SLOW_EVERY == 0  # the cards take turns
    devices = opened.devices()
    try:
        for row, device in devices:
            board.write(row, tick, device.read(slowly=slowly))
    except CardLost:
        lost = DeviceSample(status=DeviceStatus.LOST)
        for row, _ in devices:
            board.write(row, tick, lost)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="workers.nvml.child", description=__doc__)
    arguments.add_argument("--socket", type=int, required=True)
    arguments.add_argument("--board", type=int, required=True)
    arguments.add_argument("--node", type=NodeId, required=True)
    options = arguments.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    with socket.socket(fileno=options.socket) as connection:
        parent = Parent(connection)
        try:
            serve(parent, Board(options.board), options.node)
        except (DriverGone, pynvml.NVMLError) as error:
            parent.tell(DriverUnavailable(str(error), error.value in DRIVER_UNLOADED))
        except BrokenPipeError:
            return  # the parent has given this child up


if __name__ == "__main__":
    main()
