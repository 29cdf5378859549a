"""The product itself as a person starts it: one process, a data folder of its own, a real port."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services.postgres import Postgres
from tests.services.process import end, free_port, spawn, wait_until
from tests.services.redis import RedisServer

READY = re.compile(r"Quartermaster is ready at (http://\S+)")
OPERATOR = re.compile(r"Operator: (\S+)\s+password: (\S+)")


class Product:
    """`quartermaster up` over a data folder; it can be killed and started again at the same URL."""

    def __init__(self, folder: Path, demo: str, environment: dict[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.name = ""
        self.password = ""
        self.log = folder / "product.log"
        self._demo = demo
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return once it says that it is ready; the first start names the operator."""
        assert self._process is None, "The product runs already."
        said = len(self._said())
        command = [sys.executable, "-m", "server.cli", "up", "--demo", self._demo]
        command += ["--data-dir", str(self.folder / "data"), "--port", str(self.port)]
        self._process = spawn(command, self.log, {**os.environ, **self._environment})
        wait_until(lambda: self._is_ready(said), "the product is ready", self.log)
        operator = OPERATOR.search(self._said())
        if operator:
            self.name, self.password = operator.groups()

    def stop(self) -> None:
        """Stop it as an operator does (SIGTERM)."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Die as in a crash."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stay connected and say nothing more, until `thaw`."""
        assert self._process is not None, "The product does not run."
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None, "The product does not run."
        self._process.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        self.stop()
        self.start()

    def close(self) -> None:
        if self._process is not None:
            self.kill()

    def _end(self, how: signal.Signals) -> None:
        assert self._process is not None, "The product does not run."
        end(self._process, how)
        self._process = None

    def _is_ready(self, said: int) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"The product ended while it started:\n{self._said()[said:]}")
        return READY.search(self._said(), said) is not None and _answers(self.url)

    def _said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@contextmanager
def starting_products(folder: Path) -> Iterator[Callable[..., Product]]:
    """Gives what starts a product in the folder; those that run at the end are killed."""
    started: list[Product] = []

    def start(demo: str = "4x4", **environment: str) -> Product:
        own = folder / f"product-{len(started)}"
        own.mkdir()
        product = Product(own, demo, environment)
        started.append(product)
        product.start()
        return product

    yield start
    for product in started:
        product.close()


@pytest.fixture
def start_product(tmp_path: Path) -> Iterator[Callable[..., Product]]:
    """Starts products of this test's own: `start_product("4x4", **storage.environment)`."""
    with starting_products(tmp_path) as start:
        yield start


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product like `product`, for tests that only look: none may change, stop or slow it."""
    with starting_products(tmp_path_factory.mktemp("demo")) as start:
        yield start()


@pytest.fixture(scope="module")
def large_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The same of 1,000 devices, with faults from the start; they cost too much to run longer."""
    with starting_products(tmp_path_factory.mktemp("large-demo")) as start:
        yield start("125x8")


@dataclass(frozen=True)
class Storage:
    """Where a product keeps its tables and takes its telemetry from."""

    name: str
    environment: dict[str, str]


@pytest.fixture(params=["embedded", "servers"])
async def storage(request: pytest.FixtureRequest) -> Storage:
    """Both ways to run it: SQLite and the embedded bus, or real PostgreSQL and Redis."""
    if request.param == "embedded":
        return Storage("embedded", {})
    postgres: Postgres = request.getfixturevalue("postgres")
    redis: RedisServer = request.getfixturevalue("redis_server")
    urls = {
        "QUARTERMASTER_DATABASE_URL": await postgres.empty_database(),
        "QUARTERMASTER_REDIS_URL": redis.url,
    }
    return Storage("servers", urls)


@pytest.fixture
def product(start_product: Callable[..., Product]) -> Product:
    """The product on its embedded defaults, with a demo fleet of 4 nodes of 4 devices."""
    return start_product()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
