"""Ticks: they never drift, and what was missed is skipped."""

from __future__ import annotations

from contextlib import aclosing

from tests.workers.fakes import FakeClock


class QuickClock(FakeClock):
    """Sleeping is instant: time jumps."""

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def test_ticks_come_at_even_steps_however_long_the_work_between_them_takes() -> None:
    clock = QuickClock(now=100.0)
    ticks = []
    async with aclosing(clock.every(1.0)) as every:
        async for tick in every:
            ticks.append(tick)
            clock.now += 0.7
            if len(ticks) == 5:
                break
    assert ticks == [100.0, 101.0, 102.0, 103.0, 104.0]


async def test_after_a_long_pause_the_missed_ticks_fall_out_but_the_last() -> None:
    clock = QuickClock(now=100.0)
    ticks = []
    async with aclosing(clock.every(1.0)) as every:
        async for tick in every:
            ticks.append(tick)
            if len(ticks) == 1:
                clock.now += 5.25
            if len(ticks) == 4:
                break
    assert ticks == [100.0, 105.25, 106.0, 107.0]


async def test_the_first_tick_comes_after_the_offset() -> None:
    clock = QuickClock(now=100.0)
    async with aclosing(clock.every(1.0, offset=0.5)) as every:
        assert await anext(every) == 100.5
