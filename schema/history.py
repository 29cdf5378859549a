"""History of telemetry, in buckets that a chart can show."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers import history
from schema.scalars import DateTime
from telemetry.history import Metric

HistoryMetric = strawberry.enum(
    Metric,
    name="HistoryMetric",
    description=(
        "Rates are kept to 1 %, power to 0.1 W, memory to 1 MiB. HOST metrics are those of nodes, "
        "for operators; elsewhere they are null."
    ),
)
strawberry.enum(history.HistorySource)


@strawberry.type(
    description=(
        "One metric in buckets; the lists are equally long. What is not known is null: a gap. "
        "Over several devices: the least and greatest of any, and the mean of all."
    )
)
class HistorySeries:
    metric: Metric
    minimum: list[float | None]
    mean: list[float | None]
    maximum: list[float | None]
    total: list[float | None] = strawberry.field(
        description="The sum over the devices, as its mean over the bucket's time: a pool's power."
    )


@strawberry.type(description="Bucket i covers `bucketSeconds` from `start` + i * `bucketSeconds`.")
class History:
    start: DateTime
    bucket_seconds: int
    source: history.HistorySource = strawberry.field(
        description="RECENT: whole seconds of the last hour; PROMETHEUS: what a server scraped."
    )
    series: list[HistorySeries]


def history_of(resolver: Any) -> Any:
    """A field with the history of what `resolver` tells the devices of."""
    return strawberry.field(
        resolver=resolver,
        description=(
            "Without `since` the hour before `until`, which is now where it is left out; in "
            "`points` buckets at most, never shorter than a second. Before the last hour there is "
            "what a Prometheus server has, where one is configured."
        ),
    )
