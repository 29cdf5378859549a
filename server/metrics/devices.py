"""The devices at one moment, as they are told at /metrics.

All is taken at once, so that a scrape never mixes two ticks, and written a portion at a time:
10,000 devices are some 40 MB of text, and nobody's frame waits for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from domain.snapshot import DeviceRow
from resolvers.live import Live
from server.metrics.dcgm import DEVICE_METRICS, DeviceMetric, device_labels
from server.metrics.links import LINK_METRICS
from server.metrics.text import Family, Format, Kind, written_labels

AT_ONCE = 500
"""Devices written in one go: less than a millisecond's work."""

METRICS = (*DEVICE_METRICS, *LINK_METRICS)

HEALTH = Family(
    "quartermaster_device_health", Kind.GAUGE, "1 for the level of health that the device has."
)
INFO = Family(
    "quartermaster_device_info", Kind.GAUGE, "Where the device belongs; to be joined on UUID."
)

T = TypeVar("T")


class Devices:
    def __init__(self, live: Live) -> None:
        self._snapshot = live.snapshot
        fleet, rows = live.fleet, live.rows
        self._columns = {metric.column: list(fleet.columns[metric.column]) for metric in METRICS}
        self._all = [
            (device, live.health(device).level.value) for device in live.snapshot.devices.values()
        ]
        self._heard = [
            (device, row)
            for device, _ in self._all
            if device.missing_since is None
            and (row := rows.get(device.id)) is not None
            and not fleet.node_of[row].is_stale
        ]
        """A silent node's devices have no samples: what they said last is not so now."""

    def written(self, format: Format) -> Iterator[str]:
        """In portions; the caller may do other things between any two."""
        labels: list[list[str]] = []
        for portion in _portions(self._heard):
            labels.append([self._labels(device) for device, _ in portion])
            yield ""
        rows = [[row for _, row in portion] for portion in _portions(self._heard)]
        for metric in METRICS:
            lines = (self._lines(metric, *portion) for portion in zip(labels, rows, strict=True))
            yield from _family(metric.family, format, lines)
        for family, line in ((HEALTH, self._health), (INFO, self._info)):
            yield from _family(
                family, format, ("".join(map(line, portion)) for portion in _portions(self._all))
            )

    def _labels(self, device: DeviceRow) -> str:
        types, nodes = self._snapshot.types, self._snapshot.nodes
        return device_labels(device, types[device.type_id], nodes[device.node_id])

    def _lines(self, metric: DeviceMetric, labels: list[str], rows: list[int]) -> str:
        """What is not known has no line."""
        name, column, divisor = metric.family.name, self._columns[metric.column], metric.divisor
        if divisor != 1:
            known = [None if (raw := column[row]) is None else raw // divisor for row in rows]
        else:
            known = [column[row] for row in rows]
        return "".join(
            [
                f"{name}{label} {value}\n"
                for label, value in zip(labels, known, strict=True)
                if value is not None
            ]
        )

    def _health(self, of: tuple[DeviceRow, str]) -> str:
        device, level = of
        node = self._snapshot.nodes[device.node_id].host_name
        labels = written_labels({"UUID": device.uuid, "node": node, "level": level})
        return f"{HEALTH.name}{labels} 1\n"

    def _info(self, of: tuple[DeviceRow, str]) -> str:
        device, _ = of
        snapshot = self._snapshot
        group = snapshot.group_of_pool.get(device.pool_id)
        labels = written_labels(
            {
                "UUID": device.uuid,
                "node": snapshot.nodes[device.node_id].host_name,
                "pool": snapshot.pools[device.pool_id].name,
                "group": "" if group is None else group.name,
            }
        )
        return f"{INFO.name}{labels} 1\n"


def _family(family: Family, format: Format, portions: Iterator[str]) -> Iterator[str]:
    """Its head goes before the first line, and nowhere where there is none."""
    head = family.head(format)
    for lines in portions:
        yield head + lines if lines else ""
        head = "" if lines else head


def _portions(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))
