"""Longer history from a Prometheus-compatible server, by the names that /metrics gave it.

They are dcgm-exporter's where that has the same. It may have been scraped as well, or instead: a
device counts once, by its UUID. API: https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence

import httpx
import msgspec

from telemetry.history.metrics import Metric
from telemetry.history.summary import Series

TIMEOUT_SECONDS = 10.0
LIMIT_BYTES = 16 * 2**20
AT_ONCE = 4

NAMES: dict[Metric, tuple[str, float]] = {
    Metric.UTILISATION_PERCENT: ("DCGM_FI_DEV_GPU_UTIL", 1),
    Metric.MEMORY_UTILISATION_PERCENT: ("DCGM_FI_DEV_MEM_COPY_UTIL", 1),
    Metric.MEMORY_USED_BYTES: ("DCGM_FI_DEV_FB_USED", 2**20),
    Metric.POWER_WATTS: ("DCGM_FI_DEV_POWER_USAGE", 1),
    Metric.TEMPERATURE_CELSIUS: ("DCGM_FI_DEV_GPU_TEMP", 1),
    Metric.MEMORY_TEMPERATURE_CELSIUS: ("DCGM_FI_DEV_MEMORY_TEMP", 1),
    Metric.SM_CLOCK_MHZ: ("DCGM_FI_DEV_SM_CLOCK", 1),
    Metric.MEMORY_CLOCK_MHZ: ("DCGM_FI_DEV_MEM_CLOCK", 1),
    Metric.PCIE_TX_BYTES_PER_SECOND: ("quartermaster_device_pcie_tx_bytes_per_second", 1),
    Metric.PCIE_RX_BYTES_PER_SECOND: ("quartermaster_device_pcie_rx_bytes_per_second", 1),
    Metric.NVLINK_TX_BYTES_PER_SECOND: ("quartermaster_device_nvlink_tx_bytes_per_second", 1),
    Metric.NVLINK_RX_BYTES_PER_SECOND: ("quartermaster_device_nvlink_rx_bytes_per_second", 1),
    Metric.HOST_CPU_PERCENT: ("quartermaster_node_cpu_percent", 1),
    Metric.HOST_MEMORY_USED_BYTES: ("quartermaster_node_memory_used_bytes", 1),
}
"""The name of each metric, and how many of ours one of its units is (FB_USED is in MiB)."""

_FORMULAS = {
    "minimum": "min(min_over_time({selected}[{seconds}s]))",
    "mean": "avg(avg by ({label}) (avg_over_time({selected}[{seconds}s])))",
    "maximum": "max(max_over_time({selected}[{seconds}s]))",
    "total": "sum(avg by ({label}) (avg_over_time({selected}[{seconds}s])))",
}


class PrometheusFailed(Exception):
    """The server did not answer, or not what it should; says what to look at."""


class _Result(msgspec.Struct):
    values: list[tuple[float, str]] = []


class _Data(msgspec.Struct):
    result: list[_Result] = []


class _Answer(msgspec.Struct):
    status: str
    data: _Data = msgspec.field(default_factory=_Data)
    error: str = ""


class Prometheus:
    """`url`: of the server, without /api/v1; `token`: sent as a bearer, where there is one."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            headers={} if token is None else {"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
            trust_env=False,
        )
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def series(
        self,
        uuids: Sequence[str],
        host_names: Sequence[str],
        metrics: Sequence[Metric],
        start: int,
        buckets: int,
        bucket_seconds: int,
    ) -> Mapping[Metric, Series]:
        """`buckets` buckets from second `start` on, over all of the devices, or hosts, together.

        Raises: PrometheusFailed.
        """
        by_metric = await asyncio.gather(
            *(
                self._of_metric(
                    metric,
                    host_names if metric.is_of_host else uuids,
                    start,
                    buckets,
                    bucket_seconds,
                )
                for metric in metrics
            )
        )
        return dict(zip(metrics, by_metric, strict=True))

    async def _of_metric(
        self, metric: Metric, names: Sequence[str], start: int, buckets: int, bucket_seconds: int
    ) -> Series:
        nothing: list[float | None] = [None] * buckets
        if not names:
            return Series(nothing, nothing, nothing, nothing)
        name, unit = NAMES[metric]
        label = "node" if metric.is_of_host else "UUID"
        selected = f'{name}{{{label}=~"{"|".join(map(_literal, names))}"}}'

        async def line(formula: str) -> list[float | None]:
            query = formula.format(selected=selected, label=label, seconds=bucket_seconds)
            found = await self._range(query, start, buckets, bucket_seconds)
            return [None if value is None else round(value * unit, 3) for value in found]

        lines = await asyncio.gather(*(line(formula) for formula in _FORMULAS.values()))
        return Series(**dict(zip(_FORMULAS, lines, strict=True)))

    async def _range(
        self, query: str, start: int, buckets: int, bucket_seconds: int
    ) -> list[float | None]:
        first = start + bucket_seconds  # a bucket is told at its end
        form = {
            "query": query,
            "start": str(first),
            "end": str(first + (buckets - 1) * bucket_seconds),
            "step": str(bucket_seconds),
        }
        answer = await self._ask(form)
        if answer.status != "success":
            raise PrometheusFailed(f"The Prometheus server refused the query: {answer.error[:200]}")
        line: list[float | None] = [None] * buckets
        for result in answer.data.result:
            for moment, text in result.values:
                place, value = round((moment - first) / bucket_seconds), float(text)
                if 0 <= place < buckets and math.isfinite(value):
                    line[place] = value
        return line

    async def _ask(self, form: Mapping[str, str]) -> _Answer:
        try:
            async with (
                asyncio.timeout(TIMEOUT_SECONDS),
                self._turn,
                self._client.stream("POST", "/api/v1/query_range", data=form) as response,
            ):
                if response.status_code not in (200, 400, 422):
                    raise PrometheusFailed(
                        f"The Prometheus server answered with status {response.status_code}: "
                        "look at QUARTERMASTER_PROMETHEUS_URL and its token."
                    )
                body = bytearray()
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > LIMIT_BYTES:
                        raise PrometheusFailed("The Prometheus server answered too much.")
            return msgspec.json.decode(bytes(body), type=_Answer)
        except (httpx.HTTPError, TimeoutError) as error:
            raise PrometheusFailed(
                f"The Prometheus server did not answer ({type(error).__name__}): "
                "look at QUARTERMASTER_PROMETHEUS_URL, and whether the server is up."
            ) from error
        except msgspec.DecodeError as error:
            raise PrometheusFailed(
                "What answered is no Prometheus server: look at QUARTERMASTER_PROMETHEUS_URL."
            ) from error

    async def close(self) -> None:
        await self._client.aclose()


def _literal(name: str) -> str:
    """The name as a regular expression (RE2) within a string of PromQL."""
    return "".join(c if c.isalnum() or c in "-_" else f"\\\\x{{{ord(c):x}}}" for c in name)
