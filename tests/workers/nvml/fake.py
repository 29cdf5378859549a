"""A node whose NVML is scripted: builds fake_nvml.c and writes the script that it answers from."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

UINT, ULL = 1, 3  # nvmlValueType_t
MIB, GIB = 2**20, 2**30


def build_library(folder: Path) -> Path:
    """Compile the library into `folder`, which then belongs into LD_LIBRARY_PATH."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise RuntimeError("No C compiler: install one as `cc` (Debian: gcc), the tests need it.")
    source = Path(__file__).with_name("fake_nvml.c")
    library = folder / "libnvidia-ml.so.1"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, source], check=True
    )
    return folder


@dataclass
class FakeCard:
    """The answers of one card or MIG instance; a key that is missing is not supported."""

    answers: dict[str, int | str]
    fields: dict[int, tuple[int, int | str]] = field(default_factory=dict)
    instances: list[FakeCard] = field(default_factory=list)

    def lines(self, prefix: str) -> list[str]:
        answers = [f"{prefix} {key} {value}" for key, value in self.answers.items()]
        fields = [f"{prefix} field.{i}.{kind} {value}" for i, (kind, value) in self.fields.items()]
        return answers + fields


def h100(index: int) -> FakeCard:
    """A data-centre card: ECC, NVLink, MIG, PCIe counters; no fan."""
    return FakeCard(
        answers={
            "uuid": f"GPU-00000000-0000-0000-0000-{index:012d}",
            "name": "NVIDIA H100 80GB HBM3",
            "serial": f"16532{index:05d}",
            "pci": f"00000000:{index + 16:02X}:00.0",
            "vbios": "96.00.89.00.01",
            "architecture": 9,
            "utilisation": 90,
            "memory_utilisation": 40,
            "encoder": 0,
            "decoder": 0,
            "memory_total": 80 * GIB,
            "memory_used": 60 * GIB,
            "temperature": 60 + index,
            "slowdown": 87,
            "shutdown": 92,
            "memory_max": 95,
            "sm_clock": 1980,
            "memory_clock": 2619,
            "reasons": 0,
            "pstate": 0,
            "generation": 5,
            "width": 16,
            "generation_max": 5,
            "width_max": 16,
            "limit": 700_000,
            "limit_max": 700_000,
            "active_links": 18,
            "mig": 0,
            "events": 8,
        },
        fields={
            3: (ULL, 0),
            4: (ULL, 0),
            5: (ULL, 7),
            6: (ULL, 0),
            82: (UINT, 71),
            83: (ULL, 1_000_000),
            91: (UINT, 18),
            138: (ULL, 0),
            139: (ULL, 0),
            142: (UINT, 1),
            143: (UINT, 0),
            144: (UINT, 0),
            145: (UINT, 0),
            185: (UINT, 650_500),
            190: (UINT, 700_000),
            197: (ULL, 0),
            198: (ULL, 0),
        },
    )


def rtx_4090(index: int) -> FakeCard:
    """A consumer card: a fan, but no ECC, NVLink, MIG, memory sensor or PCIe counters."""
    return FakeCard(
        answers={
            "uuid": f"GPU-00000000-0000-0000-4090-{index:012d}",
            "name": "NVIDIA GeForce RTX 4090",
            "pci": f"00000000:{index + 16:02X}:00.0",
            "architecture": 8,
            "utilisation": 15,
            "memory_utilisation": 5,
            "memory_total": 24 * GIB,
            "memory_used": 2 * GIB,
            "temperature": 45,
            "sm_clock": 2520,
            "memory_clock": 10501,
            "reasons": 1,
            "pstate": 2,
            "fan": 33,
            "power": 123_400,
            "limit": 450_000,
            "pcie_tx_kb": 2000,
            "pcie_rx_kb": 1000,
            "events": 0,
        }
    )


def t4(index: int) -> FakeCard:
    """An older data-centre card: pages are retired where later ones remap rows."""
    card = rtx_4090(index)
    card.answers |= {"name": "Tesla T4", "architecture": 6}
    card.fields = {3: (ULL, 0), 4: (ULL, 2), 29: (ULL, 1), 30: (ULL, 2), 31: (UINT, 1)}
    return card


def mig_instance(index: int, profile: str, memory_gib: int) -> FakeCard:
    return FakeCard(
        answers={
            "uuid": f"MIG-00000000-0000-0000-0000-{index:012d}",
            "name": f"NVIDIA H100 80GB HBM3 MIG {profile}",
            "memory_total": memory_gib * GIB,
            "memory_used": MIB * (index + 1),
        }
    )


class FakeNode:
    """What the library answers. Each change takes effect at the next NVML call."""

    def __init__(self, script: Path, cards: list[FakeCard]) -> None:
        self._script = script
        self._events: list[str] = []
        self._processes: list[str] = []
        self._driver = ["driver 575.57.08", "cuda 12090"]
        self.cards = cards
        self._write()

    def uuids(self) -> list[str]:
        return [str(card.answers["uuid"]) for card in self.cards]

    def set(self, card: int, **answers: int | str) -> None:
        self.cards[card].answers |= answers
        self._write()

    def set_field(self, card: int, number: int, value: int | str, kind: int = ULL) -> None:
        self.cards[card].fields[number] = (kind, value)
        self._write()

    def heal(self, card: int, key: str = "all") -> None:
        self.cards[card].answers.pop(key)
        self._write()

    def cut(self, card: int, *instances: FakeCard) -> None:
        """Switch MIG on and cut the card into these instances."""
        self.cards[card].instances = list(instances)
        self.set(card, mig=1)

    def remove(self, card: int) -> None:
        del self.cards[card]
        self._write()

    def xid(self, card: int, number: int) -> None:
        self._events.append(f"event {len(self._events) + 1} {card} 8 {number}")
        self._write()

    def run(self, card: int | str, pid: int, memory: int) -> None:
        """A compute process; `card` is "3.0" for one on a MIG instance."""
        self._processes.append(f"process {card} {pid} {memory}")
        self._write()

    def unload_driver(self, answer: str = "!9") -> None:
        """`answer` to nvmlInit: a return code, or "hang"."""
        self._driver = [f"init {answer}"]
        self._write()

    def load_driver(self, version: str = "575.57.08") -> None:
        self._driver = [f"driver {version}", "cuda 12090"]
        self._write()

    def _write(self) -> None:
        lines = list(self._driver)
        for index, card in enumerate(self.cards):
            lines += card.lines(f"card {index}")
            for slot, instance in enumerate(card.instances):
                lines += instance.lines(f"mig {index} {slot}")
        written = self._script.with_suffix(".new")
        written.write_text("\n".join([*lines, *self._processes, *self._events, ""]))
        written.replace(self._script)
