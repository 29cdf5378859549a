"""What goes wrong in the demo fleet, some of it from the start, and how it is put right again."""

from __future__ import annotations

from functools import partial
from random import Random

from workers.demo.cards import Card, Trouble
from workers.demo.catalogue import A100, H100, L40S, Product
from workers.demo.layout import Layout, Machine
from workers.demo.scheduler import Scheduler
from workers.demo.timeline import Timeline

MINUTE = 60.0
_REBOOT_SECONDS = 80.0
_FIRST_SILENCE_SECONDS = 20.0
"""After the start, so that a node is known before it falls silent."""
_SECONDS_AHEAD = -42.0
"""Of the clock of a node whose time service has failed."""
_SECONDS_BETWEEN = 240.0
"""On average, in a fleet of 1,000; a small fleet is struck less often, but not seldom."""

# Trouble, product, position of the node, card, since and until (minutes from the start).
_FROM_THE_START = (
    (Trouble.THERMAL, A100, 1, 7, -6, 14),
    (Trouble.UNCONTAINED_ECC, H100, 10, 2, -19, 40),
    (Trouble.FELL_OFF_BUS, H100, 49, 5, -48, 25),
    (Trouble.ROW_REMAP, H100, 22, 3, -190, 60),
)
LASTS = {
    Trouble.FELL_OFF_BUS: (10, 25),
    Trouble.UNCONTAINED_ECC: (8, 20),
    Trouble.CONTAINED_ECC: (6, 15),
    Trouble.DOUBLE_BIT_ECC: (8, 20),
    Trouble.ROW_REMAP: (15, 40),
    Trouble.THERMAL: (3, 9),
    Trouble.POWER_BRAKE: (1, 4),
    Trouble.PCIE_DEGRADED: (10, 25),
    Trouble.NVLINK_DOWN: (6, 15),
    Trouble.NVLINK_ERRORS: (2, 10),
}
_NEEDS_WORK = (Trouble.THERMAL, Trouble.POWER_BRAKE)  # an idle card stays cool
_NEEDS_LINKS = (Trouble.NVLINK_DOWN, Trouble.NVLINK_ERRORS)
_HEAL_ALONE = (*_NEEDS_WORK, Trouble.NVLINK_ERRORS)
"""All others stay until their node is drained and booted again."""


class Faults:
    """Strikes cards and silences nodes; the same ones at the same times for the same seed."""

    def __init__(
        self, layout: Layout, scheduler: Scheduler, timeline: Timeline, seed: int, now: float
    ) -> None:
        self._layout = layout
        self._scheduler = scheduler
        self._timeline = timeline
        self._random = Random(f"{seed} faults")  # noqa: S311 (a simulation)
        self._cards = [(m, card) for m in layout.machines for card in m.cards]
        self._mean_pause = min(900.0, max(_SECONDS_BETWEEN, 90_000 / len(self._cards)))
        for trouble, product, position, index, since, until in self._present():
            machine = _pick(layout, product, position)
            card = machine.cards[index % len(machine.cards)]
            self._strike(trouble, machine, card, now + since * MINUTE, now + until * MINUTE)
        if len(self._cards) >= 500:
            silent = partial(self._silence, _pick(layout, L40S, 10), 4 * MINUTE)
            timeline.plan(now + _FIRST_SILENCE_SECONDS, silent)
        self._plan_next(now)

    def _present(self) -> tuple[tuple[Trouble, Product, int, int, int, int], ...]:
        if len(self._cards) >= 500:
            return _FROM_THE_START
        return _FROM_THE_START[:2] if len(self._layout.machines) >= 8 else ()

    def _plan_next(self, now: float) -> None:
        pause = self._random.expovariate(1 / self._mean_pause)
        self._timeline.plan(now + pause, self._next)

    def _next(self, now: float) -> None:
        self._plan_next(now)
        machine, card = self._random.choice(self._cards)
        trouble = self._random.choice(list(LASTS))
        minutes = self._random.uniform(*LASTS[trouble])
        chance = self._random.random()
        sick = sum(other.trouble is not None for _, other in self._cards)
        if machine.is_drained or card.trouble is not None or sick >= 2 + len(self._cards) // 250:
            return
        if trouble in _NEEDS_WORK and card.work is None:
            return
        if trouble in _NEEDS_LINKS and card.product.nvlink_links is None:
            return
        if chance < 0.15:
            self._silence(machine, minutes * 10, now)
        elif chance < 0.3:
            machine.seconds_ahead = _SECONDS_AHEAD
            self._timeline.plan(now + minutes * MINUTE, partial(self._set_clock, machine))
        else:
            self._strike(trouble, machine, card, now, now + minutes * MINUTE)

    def _strike(
        self, trouble: Trouble, machine: Machine, card: Card, since: float, until: float
    ) -> None:
        card.trouble = trouble
        card.trouble_at = since
        heal = self._heal_alone if trouble in _HEAL_ALONE else self._repair
        self._timeline.plan(until, partial(heal, machine, card))

    def _silence(self, machine: Machine, seconds: float, now: float) -> None:
        machine.silent_until = max(machine.silent_until, now + seconds)

    def _set_clock(self, machine: Machine, now: float) -> None:
        machine.seconds_ahead = 0.0

    def _heal_alone(self, machine: Machine, card: Card, now: float) -> None:
        if card.trouble in _HEAL_ALONE:
            card.link_errors += card.new_link_errors(now)
            card.trouble = None

    def _repair(self, machine: Machine, card: Card, now: float) -> None:
        if card.trouble is None or machine.is_drained:
            return  # an earlier repair of the node mended it too
        self._scheduler.drain(machine, now)
        self._silence(machine, _REBOOT_SECONDS, now)
        self._timeline.plan(now + _REBOOT_SECONDS, partial(self._back, machine))

    def _back(self, machine: Machine, now: float) -> None:
        machine.restart(now - _REBOOT_SECONDS / 2)
        self._scheduler.give_back(machine, now)


def _pick(layout: Layout, product: Product, position: int) -> Machine:
    machines = layout.of(product)
    return machines[position % len(machines)]
