"""What sampling costs: CPU of reader and NVML child, against polling every field by itself.

`python -m bench.collector [--ticks N] [--seconds N]`. With a GPU it reads the real NVML; without
one the scripted library of the tests with eight cards, where the driver's own share is missing on
both sides.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from workers.nvml import has_gpus, open_reader

CARDS = 8
NVIDIA_SMI_QUERY = (
    "utilization.gpu,utilization.memory,memory.used,temperature.gpu,temperature.memory,power.draw,"
    "clocks.sm,clocks.mem,pcie.link.gen.current,ecc.errors.uncorrected.volatile.total,pstate"
)


def fake_gpus() -> None:
    """Put the tests' library in the way, with eight cards."""
    from tests.workers.nvml.fake import FakeNode, build_library, h100

    folder = Path(tempfile.mkdtemp(prefix="bench-nvml-"))
    FakeNode(folder / "script", [h100(index) for index in range(CARDS)])
    os.environ["LD_LIBRARY_PATH"] = str(build_library(folder))
    os.environ["FAKE_NVML"] = str(folder / "script")


def cpu_seconds(processes: list[psutil.Process]) -> float:
    """To the nanosecond, from the scheduler: cpu_times() counts in steps of 10 ms."""
    tasks = [task for p in processes for task in Path(f"/proc/{p.pid}/task").iterdir()]
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def rss_kib(processes: list[psutil.Process]) -> int:
    return sum(process.memory_info().rss for process in processes) // 1024


async def sample(ticks: int, seconds: int) -> dict[str, float]:
    """Our reader: CPU of this process and its NVML child, `seconds` at 1 Hz and `ticks` at once."""
    reader = open_reader()
    devices = len((await reader.facts()).devices)
    for _ in range(min(ticks, 100)):  # both processes reach their size
        await reader.read()
    processes = [psutil.Process(), *psutil.Process().children()]

    cpu, slowest = cpu_seconds(processes), 0.0
    for _ in range(seconds):
        await asyncio.sleep(1)  # caches go cold in between, as they do in a collector
        began = time.monotonic()
        assert len((await reader.read()).devices) == devices
        slowest = max(slowest, time.monotonic() - began)
    at_1hz = (cpu_seconds(processes) - cpu) / seconds

    memory, cpu = rss_kib(processes), cpu_seconds(processes)
    for _ in range(ticks):
        await reader.read()
    at_once = (cpu_seconds(processes) - cpu) / ticks
    growth = rss_kib(processes) - memory
    await reader.close()
    return {
        "devices": devices,
        "at_1hz": at_1hz,
        "at_once": at_once,
        "slowest_read_ms": 1000 * slowest,
        "rss_mib": memory / 1024,
        "rss_growth_kib": growth,
    }


POLLER = """
import resource, sys
import pynvml as n
FIELDS = [3, 4, 5, 6, 29, 30, 31, 82, 83, 91, 138, 139, 142, 143, 144, 145, 185, 190, 197, 198]
CALLS = [
    (n.nvmlDeviceGetUtilizationRates,), (n.nvmlDeviceGetMemoryInfo,), (n.nvmlDeviceGetName,),
    (n.nvmlDeviceGetTemperature, 0), (n.nvmlDeviceGetEncoderUtilization,), (n.nvmlDeviceGetUUID,),
    (n.nvmlDeviceGetDecoderUtilization,), (n.nvmlDeviceGetFanSpeed,),
    (n.nvmlDeviceGetClockInfo, 1), (n.nvmlDeviceGetClockInfo, 2),
    (n.nvmlDeviceGetPerformanceState,), (n.nvmlDeviceGetEnforcedPowerLimit,),
    (n.nvmlDeviceGetCurrPcieLinkGeneration,), (n.nvmlDeviceGetCurrPcieLinkWidth,),
    (n.nvmlDeviceGetCurrentClocksEventReasons,),
] + [(n.nvmlDeviceGetNvLinkState, link) for link in range(18)]
def tick():
    n.nvmlInit()
    for index in range(n.nvmlDeviceGetCount()):
        for call, *rest in [*CALLS, *((n.nvmlDeviceGetFieldValues, [field]) for field in FIELDS)]:
            try:
                call(n.nvmlDeviceGetHandleByIndex(index), *rest)
            except n.NVMLError:
                pass
    n.nvmlShutdown()
tick()
before = resource.getrusage(resource.RUSAGE_SELF)
for _ in range(int(sys.argv[1])):
    tick()
after = resource.getrusage(resource.RUSAGE_SELF)
print((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / int(sys.argv[1]))
"""


def poll_per_field(ticks: int) -> float:
    """CPU seconds per tick of a program that initialises NVML and asks for each value by itself."""
    done = subprocess.run(
        [sys.executable, "-c", POLLER, str(ticks)], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def spawn_nvidia_smi(ticks: int) -> float | None:
    """CPU seconds per tick of spawning nvidia-smi; None where there is none."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return None
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(ticks):
        query = [command, f"--query-gpu={NVIDIA_SMI_QUERY}", "--format=csv,noheader"]
        subprocess.run(query, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / ticks


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="bench.collector", description=__doc__)
    parser.add_argument("--ticks", type=int, default=2000, help="ticks at once")
    parser.add_argument("--seconds", type=int, default=20, help="seconds at 1 Hz")
    options = parser.parse_args(arguments)
    source = "nvml" if has_gpus() else "fake"
    if source == "fake":
        fake_gpus()
    ours = asyncio.run(sample(options.ticks, options.seconds))
    polling = poll_per_field(max(5, options.ticks // 20))
    spawning = spawn_nvidia_smi(5)
    print(f"our reader, once a second {1000 * ours['at_1hz']:8.2f} ms of CPU per tick")
    print(f"our reader, at once       {1000 * ours['at_once']:8.2f} ms of CPU per tick")
    print(f"polling by field, at once {1000 * polling:8.2f} ms of CPU per tick")
    if spawning is None:
        print("nvidia-smi is not on this machine: spawning it was not measured")
    else:
        print(f"nvidia-smi spawned        {1000 * spawning:8.2f} ms of CPU per tick")
    figures = {
        "devices": int(ours["devices"]),
        "cpu_percent_of_core_at_1hz": f"{100 * ours['at_1hz']:.3f}",
        "polling_ratio": f"{polling / ours['at_once']:.1f}",
        "nvidia_smi_ratio": "none" if spawning is None else f"{spawning / ours['at_1hz']:.1f}",
        "slowest_read_ms": f"{ours['slowest_read_ms']:.1f}",
        "rss_mib": f"{ours['rss_mib']:.0f}",
        "rss_growth_kib": int(ours["rss_growth_kib"]),
        "ticks": options.ticks,
        "source": source,
    }
    print("collector: " + " ".join(f"{key}={value}" for key, value in figures.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
