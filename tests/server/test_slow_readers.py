"""What a client that reads too little is sent, by a clock and a connection that count bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import pytest

from server.graphql.frames import Frame, Payload
from server.graphql.outlet import Outlet
from server.protocols import TextFrames

FRAME_BYTES = 1000
PATIENCE_SECONDS = 10
MINUTE = 60


@dataclass
class Link:
    """A connection of which the kernel holds nothing: what is not read is unsent."""

    deflates: bool = False
    is_open: bool = True
    unsent: int = 0
    written: list[int] = field(default_factory=list)
    """The number of each frame, in the order in which they were sent."""
    most_unsent: int = 0
    _waiting: list[Callable[[], None]] = field(default_factory=list)

    @property
    def is_writable(self) -> bool:
        return self.unsent == 0

    def write(self, *parts: bytes) -> None:
        self.written.append(int(parts[1]))
        self.unsent += FRAME_BYTES
        self.most_unsent = max(self.most_unsent, self.unsent)

    def when_writable(self, then: Callable[[], None]) -> None:
        self._waiting.append(then)

    def read(self, bytes: int) -> bool:
        """Whether the last byte of a frame was among them."""
        had, self.unsent = self.unsent, max(0, self.unsent - bytes)
        if self.unsent:
            return False
        waiting, self._waiting = self._waiting, []
        for then in waiting:
            then()
        return had > 0


@dataclass
class Client:
    """A link at whose other end so much is read each second, and its outlet."""

    bytes_per_second: int
    link: Link = field(default_factory=Link)
    second: int = 0
    given_up_at: int | None = None

    def __post_init__(self) -> None:
        frames = cast(TextFrames, self.link)
        self.outlet = Outlet(frames, "1", PATIENCE_SECONDS, self._give_up, lambda: self.second)

    def _give_up(self) -> None:
        self.given_up_at = self.given_up_at or self.second

    def tick(self) -> int | None:
        """A second goes by, and there is a frame of its number; the one that was read, if any."""
        self.second += 1
        read = self.link.written[-1] if self.link.written else None
        is_read = self.link.read(self.bytes_per_second)
        self.outlet.offer(Frame([Payload(b"%d" % self.second)], is_whole=True))
        return read if is_read else None


@pytest.mark.spec("F-18")
def test_who_reads_a_fifth_of_the_stream_stays_and_no_frame_waits_behind_another() -> None:
    client = Client(FRAME_BYTES // 5)
    read = [(client.tick(), client.second) for _ in range(10 * MINUTE)]
    ages = [second - number for number, second in read if number is not None]
    assert client.given_up_at is None
    assert len(ages) >= 10 * MINUTE // 5 - 1
    assert max(ages) <= 5 + 1  # what reading a frame takes, and the second that it is of
    assert client.link.most_unsent == FRAME_BYTES


@pytest.mark.spec("F-18")
def test_who_reads_less_than_a_frame_in_all_patience_stays_too() -> None:
    client = Client(FRAME_BYTES // (2 * PATIENCE_SECONDS))
    for _ in range(10 * MINUTE):
        client.tick()
    assert client.given_up_at is None
    assert client.link.written == sorted(set(client.link.written))
    assert client.link.most_unsent == FRAME_BYTES


@pytest.mark.spec("F-18", "F-17")
def test_who_reads_nothing_for_30_s_costs_one_frame_and_is_given_up() -> None:
    client = Client(FRAME_BYTES)
    for _ in range(5):
        client.tick()
    stuck_from = client.second
    client.bytes_per_second = 0
    for _ in range(30):
        client.tick()
    assert client.link.unsent == FRAME_BYTES
    assert client.given_up_at is not None
    assert client.given_up_at - stuck_from == PATIENCE_SECONDS + 2  # it has to miss one first


@pytest.mark.spec("F-18")
def test_who_reads_again_in_time_gets_the_newest_frame_and_every_one_from_then() -> None:
    client = Client(FRAME_BYTES)
    client.tick()
    client.bytes_per_second = 0
    for _ in range(PATIENCE_SECONDS):
        client.tick()
    before = len(client.link.written)
    client.bytes_per_second = FRAME_BYTES
    for _ in range(3):
        client.tick()
    assert client.given_up_at is None
    newest = PATIENCE_SECONDS + 1
    assert client.link.written[before:] == [newest, newest + 1, newest + 2]
