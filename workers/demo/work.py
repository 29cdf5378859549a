"""The jobs of the demo fleet and how hard each makes its devices work."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from workers.demo.catalogue import A100, OWNERS, SERVICE_OWNERS, Product

if TYPE_CHECKING:
    from workers.demo.cards import Card

HOUR = 3600.0
LOADING_SECONDS = 75.0
"""From its start until a job computes: it loads its program, weights and data."""


class Kind(enum.Enum):
    TRAINING = "training"  # near 100 %, dips at each checkpoint
    INFERENCE = "inference"  # follows the hour of the day, noisy
    BATCH = "batch"  # short: evaluations, fine-tuning
    NOTEBOOK = "notebook"  # a cell is run now and then
    ABANDONED = "abandoned"  # holds devices and computes nothing


@dataclass(frozen=True, slots=True)
class Habit:
    """What jobs of one kind have in common."""

    names: tuple[str, ...]
    process: str
    hours: tuple[float, float]  # how long one runs, log-uniform
    memory: tuple[float, float]  # of the device's
    sizes: tuple[int, ...]  # devices; for gangs (training, abandoned) whole nodes
    power: float  # share of the power range drawn at 100 %
    cpu_percent: float  # of one host, by one device at 100 %


HABITS = {
    Kind.TRAINING: Habit(
        ("base-34b-pre", "tok-scaling", "moe-8x22b", "vl-align", "code-15b", "long-ctx", "dpo-70b"),
        "python3", (1.5, 90), (0.84, 0.93), (1, 1, 2, 2, 4), 0.95, 4.0,
    ),
    Kind.INFERENCE: Habit(
        ("summarise", "asr-stream", "moderate", "code-complete", "embed-search", "translate"),
        "vllm", (8, 200), (0.6, 0.9), (1, 1, 2, 2, 4), 0.78, 2.0,
    ),
    Kind.BATCH: Habit(
        ("eval-mmlu", "lora-legal", "distil-3b", "sweep-lr", "tokenise", "eval-code"),
        "python3", (0.06, 0.9), (0.3, 0.8), (1, 1, 1, 2, 4), 0.85, 5.0,
    ),
    Kind.NOTEBOOK: Habit(
        ("explore", "notebook", "scratch"),
        "ipykernel_launcher", (0.5, 12), (0.05, 0.45), (1, 1, 1, 2), 0.6, 2.0,
    ),
    Kind.ABANDONED: Habit(
        ("retro-eval", "debug-nccl"),
        "python3", (6, 30), (0.4, 0.7), (1, 2, 4), 0.5, 1.0,
    ),
}  # fmt: skip
_VISION = ("seg-aerial", "depth-multi", "ocr-doc", "track-3d")
GANGS = (Kind.TRAINING, Kind.ABANDONED)


@dataclass(slots=True, eq=False)
class Work:
    """One job: waiting while it has no cards, running while it has some."""

    key: str
    name: str
    owner: str
    kind: Kind
    habit: Habit
    size: int  # devices
    seconds: float  # how long it will run
    submitted_at: float
    memory_share: float
    phase: float  # seconds, so that no two jobs dip or swell together
    period: float  # between two checkpoints, or of a swell
    level: float  # its own share of full load
    started_at: float = 0.0
    cards: list[Card] = field(default_factory=list)
    _known_at: float = -1.0
    _known_load: float = 0.0

    def load(self, now: float) -> float:
        """Share of full load, 0 to 1, that the job asks of each of its devices now."""
        if now != self._known_at:
            self._known_at = now
            age = now - self.started_at
            self._known_load = 0.02 if age < LOADING_SECONDS else _PATTERNS[self.kind](self, now)
        return self._known_load

    def memory(self, now: float) -> float:
        """Share of the device's memory that the job holds now; it grows while it loads."""
        return self.memory_share * min(1.0, 0.05 + (now - self.started_at) / LOADING_SECONDS)


def _training(work: Work, now: float) -> float:
    into = (now + work.phase) % work.period
    if into < 14:  # writes a checkpoint: falls, waits for the storage, comes back
        return work.level * abs(into - 6) / 10
    return work.level


def _inference(work: Work, now: float) -> float:
    # Busiest at about 15:00 UTC, quietest at 03:00.
    daily = 1 + 0.35 * math.sin((now / HOUR - 9) * math.pi / 12)
    swell = 1 + 0.22 * math.sin((now + work.phase) * math.tau / work.period)
    ripple = 0.06 * math.sin((now + work.phase) / 5.3)
    return work.level * daily * swell + ripple


def _batch(work: Work, now: float) -> float:
    return work.level if (now + work.phase) % 40 < 34 else 0.3 * work.level


def _notebook(work: Work, now: float) -> float:
    return work.level if (now + work.phase) % work.period < 25 else 0.0


def _abandoned(work: Work, now: float) -> float:
    return 0.0


_PATTERNS = {
    Kind.TRAINING: _training,
    Kind.INFERENCE: _inference,
    Kind.BATCH: _batch,
    Kind.NOTEBOOK: _notebook,
    Kind.ABANDONED: _abandoned,
}
_LEVELS = {
    Kind.TRAINING: (0.93, 0.99),
    Kind.INFERENCE: (0.24, 0.56),
    Kind.BATCH: (0.7, 0.96),
    Kind.NOTEBOOK: (0.3, 0.9),
    Kind.ABANDONED: (0.0, 0.0),
}
_PERIODS = {
    Kind.TRAINING: (420, 1500),
    Kind.INFERENCE: (150, 900),
    Kind.BATCH: (40, 40),
    Kind.NOTEBOOK: (700, 3000),
    Kind.ABANDONED: (1, 1),
}


def new_work(
    random: Random, number: int, kind: Kind, product: Product, node_size: int, now: float
) -> Work:
    """A job of this kind as someone would submit it now."""
    habit = HABITS[kind]
    names = _VISION if kind is Kind.TRAINING and product is A100 else habit.names
    owners = SERVICE_OWNERS if kind is Kind.INFERENCE and random.random() < 0.6 else OWNERS
    units = random.choice(habit.sizes)
    shortest, longest = habit.hours
    return Work(
        key=f"demo-{number}",
        name=f"{random.choice(names)}-{random.randrange(4096):03x}",
        owner=random.choice(owners),
        kind=kind,
        habit=habit,
        size=units * node_size if kind in GANGS else min(units, node_size),
        seconds=HOUR * shortest * (longest / shortest) ** random.random(),
        submitted_at=now,
        memory_share=random.uniform(*habit.memory),
        phase=random.uniform(0, 3000),
        period=random.uniform(*_PERIODS[kind]),
        level=random.uniform(*_LEVELS[kind]),
    )
