"""What is asked of another cluster, whatever it is, and what it answers or why it does not."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Protocol

import msgspec


class ClusterKind(enum.Enum):
    KUBERNETES = "KUBERNETES"
    SLURM = "SLURM"
    QUARTERMASTER = "QUARTERMASTER"


class Step(enum.Enum):
    """The steps of contacting a cluster, in their order."""

    SETTINGS = "SETTINGS"
    ADDRESS = "ADDRESS"
    TLS = "TLS"
    SIGN_IN = "SIGN_IN"
    RIGHTS = "RIGHTS"
    VERSION = "VERSION"
    ANSWER = "ANSWER"


class Failed(Exception):
    """Where it ended and why: in our own words, never in those that came back."""

    def __init__(self, step: Step, reason: str) -> None:
        super().__init__(reason)
        self.step = step
        self.reason = reason


class Capacity(msgspec.Struct, frozen=True):
    """The devices of one type. `free`: on usable nodes, and held by nothing."""

    product: str
    total: int
    free: int


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster as it was found. `latency_seconds`: of the first request, with its connection."""

    version: str
    nodes: int
    capacity: tuple[Capacity, ...]
    jobs_active: int
    jobs_waiting: int
    latency_seconds: float
    certificate_expires_at: datetime | None = None
    installation: str | None = None  # of a Quartermaster: by which it knows itself


class RemoteCluster(Protocol):
    async def read(self) -> Reading:
        """Contact it for real. Raises: Failed."""
        ...
