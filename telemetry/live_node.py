"""One node as the fleet knows it: what it said last, and which message of it is the next."""

from __future__ import annotations

from dataclasses import dataclass, field

from telemetry.health import HEALTHY, Health
from telemetry.limits import Limits
from telemetry.samples import DeviceUuid, HostSample, NodeId, NodeSample

STALE_AFTER_TICKS = 3
BOOTS_REMEMBERED = 8


@dataclass(slots=True)
class LiveNode:
    """What a node said last. Its devices are the fleet's rows `start` to `stop`."""

    node_id: NodeId
    boot_id: str
    sequence: int
    time: float  # by the node's clock
    heard_at: float  # by ours
    interval_seconds: float
    host: HostSample
    start: int
    devices: list[DeviceUuid] = field(default_factory=list)
    limits: list[Limits] = field(default_factory=list)  # of each of the devices
    health: Health = HEALTHY
    """Its own: silence, and its clock. That of its devices is theirs."""
    is_stale: bool = False
    last_of_boot: dict[str, int] = field(default_factory=dict)
    """The last sequence of each of the boot ids heard of late."""

    @classmethod
    def of(cls, sample: NodeSample, heard_at: float, start: int) -> LiveNode:
        return cls(
            sample.node_id,
            sample.boot_id,
            sample.sequence,
            sample.time,
            heard_at,
            sample.interval_seconds,
            sample.host,
            start,
        )

    @property
    def stop(self) -> int:
        return self.start + len(self.devices)

    def is_silent(self, now: float) -> bool:
        return now - self.heard_at > STALE_AFTER_TICKS * self.interval_seconds

    def missed_before(self, sample: NodeSample, now: float) -> int | None:
        """How many messages were lost before a sample; null when it is no news.

        Within a boot id the sequence rises and the time differs: a reading told again is no sign
        of life. Another boot id takes over when it is new and its time is later; or, since clocks
        are set back and messages overtake each other, once the current one has fallen silent.
        """
        last = self.last_of_boot.get(sample.boot_id)
        if last is not None and sample.sequence <= last:
            return None
        if sample.boot_id != self.boot_id:
            takes_over = self.is_silent(now) or (last is None and sample.time > self.time)
            return 0 if takes_over else None
        if sample.time == self.time:
            return None
        return sample.sequence - self.sequence - 1

    def hear(self, sample: NodeSample, heard_at: float) -> None:
        self.boot_id, self.sequence, self.time = sample.boot_id, sample.sequence, sample.time
        self.heard_at = heard_at
        self.interval_seconds, self.host = sample.interval_seconds, sample.host
        self.last_of_boot.pop(sample.boot_id, None)
        self.last_of_boot[sample.boot_id] = sample.sequence
        if len(self.last_of_boot) > BOOTS_REMEMBERED:
            del self.last_of_boot[next(iter(self.last_of_boot))]
