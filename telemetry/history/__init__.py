"""Recent history: how samples are kept, in what precision, and how they are summed up for a chart.

Pure functions over bytes and arrays; where the bytes are kept is `domain.history`.
"""

from __future__ import annotations

from telemetry.history.batches import Batch, Reading, merged, pack_batch, unpack_batch
from telemetry.history.chunks import RETENTION_SECONDS, WINDOW_SECONDS, Chunk, chunks_of, window_of
from telemetry.history.metrics import Metric, number_of
from telemetry.history.reading import Wanted, summarise
from telemetry.history.summary import Series, Summary

__all__ = [
    "RETENTION_SECONDS",
    "WINDOW_SECONDS",
    "Batch",
    "Chunk",
    "Metric",
    "Reading",
    "Series",
    "Summary",
    "Wanted",
    "chunks_of",
    "merged",
    "number_of",
    "pack_batch",
    "summarise",
    "unpack_batch",
    "window_of",
]
