"""The historian: an hour is kept, packed without loss, and nothing else suffers from it."""

from __future__ import annotations

import pytest

from domain import history
from domain.database import fetch
from resolvers.recent_history import RecentHistory, Subject
from telemetry.history import RETENTION_SECONDS, WINDOW_SECONDS, Metric, Series
from telemetry.samples import DeviceSample, HostSample
from tests.services.database import Database
from tests.services.past import Past
from workers import historian

pytestmark = pytest.mark.usefixtures("database")

START = 1_795_500_000 // WINDOW_SECONDS * WINDOW_SECONDS
UTILISATION = Metric.UTILISATION_PERCENT


@pytest.fixture
def past() -> Past:
    return Past(START)


def busy(past: Past, percent: float = 80.0, node: str = "n1", device: str = "GPU-1"):  # type: ignore[no-untyped-def]
    sample = DeviceSample(utilisation_percent=percent)
    return lambda _: past.say(node, [device], [sample], host=HostSample(cpu_percent=20.0))


async def read(
    reader: RecentHistory, seconds: int, *, node: str = "n1", device: str | None = "GPU-1"
) -> Series:
    metric = UTILISATION if device else Metric.HOST_CPU_PERCENT
    found = await reader.summarise([Subject(node, device)], [metric], START, seconds, 1.0)
    return found[metric].series(1)


async def count(table: str) -> int:
    (row,) = await fetch(f"SELECT count(*) AS n FROM {table}")
    return int(row["n"])


@pytest.mark.spec("DEV-3")
async def test_what_was_sampled_is_there_before_and_after_it_is_packed(past: Past) -> None:
    reader = RecentHistory()
    seconds = range(START, START + WINDOW_SECONDS)
    await past.live(seconds, lambda s: busy(past, float(s % 100))(s), tidy=False)
    before = await read(reader, WINDOW_SECONDS)
    assert before.mean == [float(s % 100) for s in seconds]
    assert await count("history_batch") == WINDOW_SECONDS

    past.clock.now = START + WINDOW_SECONDS + historian.LATE_SECONDS
    await past.historian.tidy()
    assert await count("history_batch") == 0
    assert await count("history_chunk") == 2  # of the device, and of the host's processor
    assert await read(reader, WINDOW_SECONDS) == before  # who had read it before
    assert await read(RecentHistory(), WINDOW_SECONDS) == before  # another replica, or a new start
    assert (await read(reader, WINDOW_SECONDS, device=None)).mean == [20.0] * WINDOW_SECONDS


@pytest.mark.spec("DEV-3")
async def test_an_hour_is_kept_whole_and_what_is_older_goes(past: Past) -> None:
    windows = RETENTION_SECONDS // WINDOW_SECONDS + 3
    # A second of each window stands for all of it.
    await past.live(range(START, START + windows * WINDOW_SECONDS, WINDOW_SECONDS), busy(past))
    past.clock.now += WINDOW_SECONDS + historian.LATE_SECONDS
    await past.historian.tidy()
    (kept,) = await fetch("SELECT min(start_second) AS first FROM history_chunk")
    oldest_needed = past.clock.now - RETENTION_SECONDS
    assert oldest_needed - WINDOW_SECONDS < kept["first"] <= oldest_needed


async def test_what_comes_late_is_packed_with_its_window(past: Past) -> None:
    await past.live(range(START, START + 10), busy(past))
    past.clock.now = START + WINDOW_SECONDS + 2
    past.say("n1", ["GPU-1"], [DeviceSample(utilisation_percent=7.0)], at=past.clock.now - 3)
    await past.historian.write()
    past.clock.now = START + WINDOW_SECONDS + historian.LATE_SECONDS
    await past.historian.tidy()
    series = await read(RecentHistory(), WINDOW_SECONDS)
    assert series.mean[:10] == [80.0] * 10
    assert series.mean[WINDOW_SECONDS - 1] == 7.0


async def test_a_node_whose_clock_is_wrong_is_recorded_when_it_is_heard(past: Past) -> None:
    past.say("n1", ["GPU-1"], [DeviceSample(utilisation_percent=33.0)], at=START - 86_400)
    await past.historian.write()
    assert (await read(RecentHistory(), 1)).mean == [33.0]


@pytest.mark.spec("T-23")
async def test_a_node_cannot_write_the_history_of_anothers_device(past: Past) -> None:
    await past.live(range(START, START + 5), busy(past, 10.0))
    await past.live(range(START, START + 5), busy(past, 99.0, node="broken-into"))
    assert (await read(RecentHistory(), 5)).mean == [10.0] * 5


async def test_a_node_that_names_other_devices_each_second_fills_no_table(past: Past) -> None:
    for number in range(historian.ROSTERS_OF_A_NODE + 20):
        busy(past, device=f"GPU-{number}")(0.0)
    await past.historian.write()
    assert await count("history_roster") == historian.ROSTERS_OF_A_NODE
    assert past.historian.lost["rosters"] == 20


async def test_rosters_of_devices_that_are_gone_are_forgotten(past: Past) -> None:
    await past.live(range(START, START + 5), busy(past, device="GPU-old"))
    await past.live(range(START + 5, START + 10), busy(past))
    past.clock.now = START + RETENTION_SECONDS + 2 * WINDOW_SECONDS + 1
    await past.historian.tidy()
    assert await history.rosters() == []
    await past.live([past.clock.now], busy(past))  # and one that comes back is known again
    (roster,) = await history.rosters()
    assert roster.devices == ("GPU-1",)


@pytest.mark.spec("F-40")
async def test_without_room_on_the_disk_history_stops_until_there_is_room_again() -> None:
    free = historian.ROOM_BYTES
    past = Past(START, lambda: free)
    await past.live(range(START, START + 5), busy(past))
    free = historian.ROOM_BYTES - 1
    await past.live(range(START + 5, START + 15), busy(past))
    assert await count("history_batch") == 5
    assert past.historian.lost["room"] == 10
    free = historian.ROOM_BYTES
    await past.live(range(START + 15, START + 20), busy(past))
    series = await read(RecentHistory(), 20)
    assert series.mean == [80.0] * 7 + [None] * 8 + [80.0] * 5


@pytest.mark.spec("F-40")
async def test_while_the_database_is_away_samples_wait_and_none_is_lost(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    await past.live(range(START, START + 5), busy(past))

    async def away(*_: object) -> None:
        raise ConnectionError("the database is away")

    with monkeypatch.context() as broken:
        broken.setattr(history, "append_batch", away)
        for second in range(START + 5, START + 15):
            with pytest.raises(ConnectionError):
                await past.live([second], busy(past), tidy=False)
    await past.live(range(START + 15, START + 20), busy(past))
    assert (await read(RecentHistory(), 20)).mean == [80.0] * 20
    assert not past.historian.lost


@pytest.mark.spec("F-40")
async def test_a_window_that_was_packed_halfway_is_packed_again_without_loss(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    await past.live(range(START, START + WINDOW_SECONDS), busy(past), tidy=False)
    past.clock.now = START + WINDOW_SECONDS + historian.LATE_SECONDS

    async def crash(*_: object) -> None:
        raise ConnectionError("in the middle")

    with monkeypatch.context() as broken, pytest.raises(ConnectionError):
        broken.setattr(history, "forget_batches", crash)
        await past.historian.tidy()
    assert await count("history_chunk") == 2
    again = Past(past.clock.now)
    await again.historian.tidy()
    assert (await count("history_batch"), await count("history_chunk")) == (0, 2)
    assert (await read(RecentHistory(), WINDOW_SECONDS)).mean == [80.0] * WINDOW_SECONDS


async def test_a_device_that_is_no_longer_where_it_was_has_no_history_there(
    past: Past, database: Database
) -> None:
    await past.live(range(START, START + 5), busy(past))
    assert (await read(RecentHistory(), 5, node="n2")).mean == [None] * 5
