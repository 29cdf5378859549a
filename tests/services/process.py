"""Starting a server as a child that cannot outlive the tests, and waiting for a condition."""

from __future__ import annotations

import ctypes
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)

# Below what Linux gives to clients (32768 and up), 4,000 for each process of pytest-xdist; each run
# begins elsewhere in them, so that two on one machine do not want the same port at once.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 5
_PORTS = range(12_000 + _WORKER * 4_000, 16_000 + _WORKER * 4_000)
_BEGIN = os.getpid() * 61 % len(_PORTS)
_ports = itertools.cycle([*_PORTS[_BEGIN:], *_PORTS[:_BEGIN]])


def spawn(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `command` with its output appended to `log`; the kernel ends it with the test run."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            preexec_fn=_die_with_the_parent if sys.platform == "linux" else None,
        )


def end(process: subprocess.Popen[bytes], how: signal.Signals, within: float = 15.0) -> None:
    """Signal the process and wait for its end; one that outstays `within` is killed: an error."""
    process.send_signal(how)
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError(
            f"The process did not end within {within} s of {how.name}: {process.args!r}"
        ) from None


def wait_until(
    condition: Callable[[], bool], what: str, log: Path | None = None, within: float = 30.0
) -> None:
    """Return once `condition` holds; past `within` seconds fail with `what` and the log's end."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-4000:] if log and log.exists() else ""
            raise AssertionError(f"Waited {within} s in vain: {what}\n{tail}")
        time.sleep(0.02)


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on, nor is given by the kernel.

    Each process of a run has ports of its own, and none is given twice: a server that is started
    again finds its port free.
    """
    while True:
        port = next(_ports)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _die_with_the_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
