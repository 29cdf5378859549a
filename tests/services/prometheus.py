"""A real Prometheus-compatible server, VictoriaMetrics: of what it is given, or what it scrapes."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from tests.services.debian import unpacked
from tests.services.process import end, free_port, spawn, wait_until


class PrometheusServer:
    def __init__(self, folder: Path, scrape_config: str | None) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "victoria-metrics.log"
        command = [
            str(unpacked("victoria-metrics") / "usr/bin/victoria-metrics"),
            f"-storageDataPath={folder / 'victoria-metrics'}",
            f"-httpListenAddr=127.0.0.1:{self.port}",
            "-retentionPeriod=10y",
            "-search.latencyOffset=0s",  # what was just written is to be found
        ]
        if scrape_config is not None:
            config = folder / "scrape.yml"
            config.write_text(scrape_config)
            command.append(f"-promscrape.config={config}")
        self._process: subprocess.Popen[bytes] | None = spawn(command, self._log)
        wait_until(self._answers, "the Prometheus server answers", self._log)

    @property
    def pid(self) -> int:
        assert self._process is not None, "The server does not run."
        return self._process.pid

    def write(self, series: str, samples: Sequence[tuple[float, float]]) -> None:
        """`series` as in the text format, `samples` as (seconds since the Unix epoch, value)."""
        lines = "".join(f"{series} {value} {int(at * 1000)}\n" for at, value in samples)
        answer = httpx.post(f"{self.url}/api/v1/import/prometheus", content=lines)
        assert answer.status_code == 204, answer.text
        httpx.get(f"{self.url}/internal/force_flush").raise_for_status()

    def stop(self) -> None:
        if self._process is not None:
            end(self._process, signal.SIGKILL)
            self._process = None

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health").status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
def start_prometheus(tmp_path: Path) -> Iterator[Callable[..., PrometheusServer]]:
    """Starts a server; `start_prometheus(scrape_config)` has it scrape by itself."""
    started: list[PrometheusServer] = []

    def start(scrape_config: str | None = None) -> PrometheusServer:
        folder = tmp_path / f"prometheus-{len(started)}"
        folder.mkdir()
        server = PrometheusServer(folder, scrape_config)
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def prometheus_server(start_prometheus: Callable[..., PrometheusServer]) -> PrometheusServer:
    return start_prometheus()
