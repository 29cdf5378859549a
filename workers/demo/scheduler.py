"""The demo's scheduler: jobs are submitted, wait for devices of their kind, run and end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random

from workers.demo.cards import Card
from workers.demo.catalogue import A100, H100, L40S, Product
from workers.demo.layout import Layout, Machine
from workers.demo.timeline import Timeline
from workers.demo.work import GANGS, HOUR, Kind, Work, new_work

_GANG_DEMAND = 1.25
"""Devices asked for, per device: more than there are, so that training waits in a queue."""
_SHARED_DEMAND = 0.68
_SHARED_MIX = {
    H100: {Kind.BATCH: 5, Kind.NOTEBOOK: 3, Kind.INFERENCE: 2},
    A100: {Kind.BATCH: 4, Kind.NOTEBOOK: 4, Kind.INFERENCE: 2},
    L40S: {Kind.INFERENCE: 8, Kind.NOTEBOOK: 1, Kind.BATCH: 1},
}
_THINK_SECONDS = 180.0
"""Between the end of a job and the next one of the same kind, on average."""


@dataclass(slots=True, eq=False)
class Partition:
    """Machines of one product that are used in one way, and the jobs that wait for them."""

    product: Product
    machines: list[Machine]
    waiting: list[Work] = field(default_factory=list)

    @property
    def node_size(self) -> int:
        return len(self.machines[0].cards)

    def find(self, work: Work) -> list[Card]:
        """Cards for the job: whole nodes for a gang, else the fullest node where it fits."""
        if work.kind in GANGS:
            empty = [m for m in self.machines if len(_free(m)) == self.node_size]
            nodes = work.size // self.node_size
            chosen = empty[:nodes] if len(empty) >= nodes else []
            return [card for machine in chosen for card in machine.cards]
        fitting = [free for m in self.machines if len(free := _free(m)) >= work.size]
        return min(fitting, key=len)[: work.size] if fitting else []


class Scheduler:
    """Keeps as many jobs as the fleet began with: for each that ends another is submitted."""

    def __init__(self, layout: Layout, timeline: Timeline, seed: int, now: float) -> None:
        self._timeline = timeline
        self._random = Random(f"{seed} jobs")  # noqa: S311 (a simulation)
        self._numbers = itertools.count(1)
        self.partitions = list(_partitions(layout))
        for partition in self.partitions:
            self._fill(partition, now)

    def queue(self) -> list[Work]:
        """The jobs that wait, longest first."""
        waiting = [work for partition in self.partitions for work in partition.waiting]
        return sorted(waiting, key=lambda work: work.submitted_at)

    def drain(self, machine: Machine, now: float) -> None:
        """Stop what runs on the machine, and give it nothing new until it is given back."""
        machine.is_drained = True
        partition = next(p for p in self.partitions if machine in p.machines)
        for work in {id(card.work): card.work for card in machine.cards}.values():
            if work is not None:
                self._end(partition, work, now)

    def give_back(self, machine: Machine, now: float) -> None:
        machine.is_drained = False
        for partition in self.partitions:
            if machine in partition.machines:
                self._place(partition, now)

    def _fill(self, partition: Partition, now: float) -> None:
        """Jobs that have run for hours already, and a queue that has waited for a while."""
        machines = len(partition.machines)
        is_for_gangs = partition.machines[0].is_for_gangs
        demand = machines * partition.node_size
        demand = round(demand * (_GANG_DEMAND if is_for_gangs else _SHARED_DEMAND))
        works: list[Work] = []
        while demand > 0:
            kind = Kind.TRAINING if is_for_gangs else self._shared_kind(partition.product)
            if is_for_gangs and machines >= 8 and not works:
                kind = Kind.ABANDONED
            work = self._new(partition, kind, now)
            works.append(work)
            demand -= work.size
        for work in works:
            cards = partition.find(work)
            if cards:
                age = self._random.uniform(0.03, 0.9) * work.seconds
                work.submitted_at = now - age - self._random.expovariate(1 / 240)
                self._start(partition, work, cards, now - age)
            else:
                work.submitted_at = now - self._random.uniform(120, 2.3 * HOUR)
                partition.waiting.append(work)
        partition.waiting.sort(key=lambda work: work.submitted_at)

    def _shared_kind(self, product: Product) -> Kind:
        mix = _SHARED_MIX[product]
        return self._random.choices(list(mix), list(mix.values()))[0]

    def _new(self, partition: Partition, kind: Kind, now: float) -> Work:
        most = len(partition.machines) * partition.node_size
        work = new_work(
            self._random, next(self._numbers), kind, partition.product, partition.node_size, now
        )
        work.size = min(work.size, most)
        return work

    def _submit(self, partition: Partition, kind: Kind, now: float) -> None:
        partition.waiting.append(self._new(partition, kind, now))
        self._place(partition, now)

    def _place(self, partition: Partition, now: float) -> None:
        """Start what fits, oldest first; a small job may pass a large one that has to wait."""
        for work in list(partition.waiting):
            cards = partition.find(work)
            if cards:
                partition.waiting.remove(work)
                self._start(partition, work, cards, now)

    def _start(self, partition: Partition, work: Work, cards: list[Card], since: float) -> None:
        work.started_at = since
        work.cards = cards
        for card in cards:
            card.work = work
        self._timeline.plan(since + work.seconds, partial(self._end, partition, work))

    def _end(self, partition: Partition, work: Work, now: float) -> None:
        if not work.cards:
            return  # its machine was drained before its time
        for card in work.cards:
            card.work = None
        work.cards = []
        pause = self._random.expovariate(1 / _THINK_SECONDS)
        self._timeline.plan(now + pause, partial(self._submit, partition, work.kind))
        self._place(partition, now)


def _free(machine: Machine) -> list[Card]:
    if machine.is_drained:
        return []
    return [card for card in machine.cards if card.work is None and card.trouble is None]


def _partitions(layout: Layout) -> Iterator[Partition]:
    for product in (H100, A100, L40S):
        for is_for_gangs in (True, False):
            machines = [m for m in layout.of(product) if m.is_for_gangs is is_for_gangs]
            if machines:
                yield Partition(product, machines)
