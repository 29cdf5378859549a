"""What collectors publish, and its codec: msgpack, array-like, one message per node and tick.

A value that a card does not have, or that could not be read, is null: never 0. Times are seconds
since the Unix epoch, UTC. Field names carry their unit. The order of the fields is the wire format:
append, never reorder, and raise `VERSION` when an old reader would misread a message.

A node may be broken into: what it says is held to the bounds given here when it is decoded.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Annotated, Any, NewType, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import Meta

VERSION = 1
MESSAGE_LIMIT_BYTES = 4 * 2**20
DEVICES_LIMIT = 1024
"""Of one node: 16 GPUs cut into 7 MIG instances each are 128."""

NodeId = NewType("NodeId", str)
"""The machine id of a node (/etc/machine-id, systemd machine-id(5)); never its name or address."""
DeviceUuid = NewType("DeviceUuid", str)
"""The NVML UUID of a GPU ("GPU-...") or of a MIG instance ("MIG-...")."""

# What fits the tables and scalars behind: text without NUL, counts of 32 bits, sizes that a JSON
# number holds exactly, times before the year 2100.
_Name = Annotated[str, Meta(max_length=256, pattern=r"^[^\x00]*$")]
_FreeText = Annotated[str, Meta(pattern=r"^[^\x00]*$")]  # a user's own: too long must hide no one
_NodeId = Annotated[NodeId, Meta(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]
_DeviceUuid = Annotated[DeviceUuid, Meta(min_length=1, max_length=96, pattern=r"^[^\x00]*$")]
_Count = Annotated[int, Meta(ge=0, lt=2**31)]
_Size = Annotated[int, Meta(ge=0, le=2**53)]
_Number = Annotated[float, Meta(ge=-1e15, le=1e15)]
_Time = Annotated[float, Meta(ge=0, lt=4_102_444_800)]
_Devices = Annotated[list[_DeviceUuid], Meta(max_length=DEVICES_LIMIT)]
_Interval = Annotated[float, Meta(ge=0.1, le=60)]  # a longer one would never be stale


class DeviceStatus(enum.IntEnum):
    """Whether NVML answered for the device at this tick."""

    ANSWERS = 0
    LOST = 1  # NVML_ERROR_GPU_IS_LOST, or in the inventory before and gone now
    TIMEOUT = 2  # a call on this device did not return before its deadline
    DRIVER_UNAVAILABLE = 3  # the driver is not loaded, or is being reloaded
    FAILED = 4  # any other NVML error that hides the whole device


class DeviceSample(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One device at one tick. All fields are numbers, so that a fleet is one column per field."""

    status: DeviceStatus = DeviceStatus.ANSWERS
    utilisation_percent: float | None = None
    memory_utilisation_percent: float | None = None
    encoder_percent: float | None = None
    decoder_percent: float | None = None
    memory_used_bytes: int | None = None
    temperature_celsius: float | None = None
    memory_temperature_celsius: float | None = None
    power_watts: float | None = None
    power_limit_watts: float | None = None
    sm_clock_mhz: int | None = None
    memory_clock_mhz: int | None = None
    pcie_tx_bytes_per_second: float | None = None
    pcie_rx_bytes_per_second: float | None = None
    pcie_generation: int | None = None
    pcie_width: int | None = None
    nvlink_active_links: int | None = None
    nvlink_tx_bytes_per_second: float | None = None
    nvlink_rx_bytes_per_second: float | None = None
    fan_percent: float | None = None
    ecc_volatile_corrected: int | None = None
    ecc_volatile_uncorrected: int | None = None
    ecc_aggregate_corrected: int | None = None
    ecc_aggregate_uncorrected: int | None = None
    retired_pages: int | None = None
    retired_pages_pending: int | None = None  # 0 or 1
    remapped_rows_corrected: int | None = None
    remapped_rows_uncorrected: int | None = None
    remap_pending: int | None = None  # 0 or 1
    remap_failed: int | None = None  # 0 or 1
    throttle_reasons: int | None = None  # NVML nvmlClocksEventReasons bit mask
    performance_state: int | None = None  # 0 (P0, fastest) to 15
    xid: int | None = None  # last critical Xid since the last reset or driver load
    xid_at: float | None = None
    nvlink_errors: int | None = None  # replays and recoveries of all links since the last reset
    memory_free_bytes: int | None = None  # the driver's own part is neither used nor free
    energy_millijoules: int | None = None  # since the driver was loaded: a fall proves a reset


METRICS: tuple[str, ...] = DeviceSample.__struct_fields__
"""The columns of a sample, in wire order."""
COLUMNS_AT_FIRST = METRICS.index("xid_at") + 1
"""Those that each collector tells; what was appended later an older one does not know."""

Column = list[int | float | None]


class HostSample(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """The host beside its GPUs, through psutil."""

    cpu_percent: _Number | None = None
    memory_used_bytes: _Size | None = None
    memory_total_bytes: _Size | None = None
    disk_used_bytes: _Size | None = None  # of the file system that holds /
    disk_total_bytes: _Size | None = None
    load_1m: _Number | None = None
    uptime_seconds: _Number | None = None


class NodeSample(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One tick of one node: a column per metric, a row per device."""

    version: int = VERSION
    node_id: _NodeId
    boot_id: _Name  # of the host, plus the collector's start: sequences restart with it

    sequence: _Size  # rises by one per tick within a boot id
    time: _Time
    interval_seconds: _Interval
    host: HostSample
    devices: _Devices
    columns: list[Column]  # in the order of METRICS, each as long as `devices`


class DeviceFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What does not change from tick to tick."""

    uuid: _DeviceUuid
    index: _Count
    product: _Name  # NVML's product name, e.g. "NVIDIA H100 80GB HBM3"
    memory_total_bytes: _Size | None = None
    vendor: _Name = "NVIDIA"
    serial: _Name | None = None
    pci_bus_id: _Name | None = None
    architecture: _Name | None = None
    vbios_version: _Name | None = None
    mig_enabled: bool | None = None  # null: the card cannot
    mig_parent: _DeviceUuid | None = None  # set on a MIG instance
    mig_profile: _Name | None = None  # e.g. "3g.40gb"
    temperature_slowdown_celsius: _Number | None = None
    temperature_shutdown_celsius: _Number | None = None
    temperature_memory_max_celsius: _Number | None = None
    power_limit_max_watts: _Number | None = None
    pcie_generation_max: _Count | None = None
    pcie_width_max: _Count | None = None
    nvlink_links: _Count | None = None


class NodeFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A node and its devices as inventory. Published at start, on change, and now and then."""

    version: int = VERSION
    node_id: _NodeId
    boot_id: _Name
    time: _Time
    host_name: _Name
    interval_seconds: _Interval = 1.0
    is_demo: bool = False
    collector_version: _Name | None = None
    addresses: list[_Name] = []
    mac_address: _Name | None = None
    os_name: _Name | None = None  # e.g. "Ubuntu 24.04.2 LTS"
    kernel_version: _Name | None = None
    driver_version: _Name | None = None
    cuda_version: _Name | None = None
    cpu_model: _Name | None = None
    cpu_count: _Count | None = None
    memory_total_bytes: _Size | None = None
    booted_at: _Time | None = None
    kubernetes_node: _Name | None = None
    labels: dict[_Name, _Name] = {}
    devices: Annotated[list[DeviceFacts], Meta(max_length=DEVICES_LIMIT)] = []


class ProcessSample(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One compute process on one device, as NVML sees it."""

    device: _DeviceUuid
    pid: _Count
    name: _FreeText | None = None
    user: _FreeText | None = None  # OS user; null where it cannot be read
    memory_used_bytes: _Size | None = None
    started_at: _Time | None = None
    pod_uid: _FreeText | None = None
    container_id: _FreeText | None = None
    job_key: _FreeText  # processes with one key are one job, across the cluster
    job_name: _FreeText


class NodeProcesses(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All compute processes of a node, on the devices that answered."""

    version: int = VERSION
    node_id: _NodeId
    boot_id: _Name
    time: _Time
    devices: _Devices  # the ones that answered: silence on the others says nothing
    processes: list[ProcessSample]


class QueuedJob(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A job that waits for devices."""

    key: _FreeText
    name: _FreeText
    user: _FreeText | None
    pool: _FreeText | None  # the pool's name
    requested_devices: _Count
    submitted_at: _Time
    remote_cluster: _FreeText | None = None  # the name of the one that it was sent to


class QueueReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All jobs that wait at one source (a scheduler, or the demo)."""

    version: int = VERSION
    source: _Name
    time: _Time
    jobs: list[QueuedJob]


class BadMessage(ValueError):
    """A message that is not what its channel promises; dropped and counted by the reader."""


def to_columns(samples: Sequence[DeviceSample]) -> list[Column]:
    """Transpose device rows into one column per metric, in the order of `METRICS`."""
    return [[getattr(sample, metric) for sample in samples] for metric in METRICS]


T = TypeVar("T", bound=msgspec.Struct)

_encoder = msgspec.msgpack.Encoder()
_decoders: dict[type, msgspec.msgpack.Decoder[Any]] = {}


def encode(message: msgspec.Struct) -> bytes:
    return _encoder.encode(message)


def decode(raw: bytes, kind: type[T]) -> T:
    """Raises: BadMessage when `raw` is no `kind` of this version, or beyond what a node may say.

    A metric that is out of bounds becomes null: one odd card does not hide its neighbours.
    """
    if len(raw) > MESSAGE_LIMIT_BYTES:
        raise BadMessage(f"{len(raw)} bytes are more than {MESSAGE_LIMIT_BYTES}")
    decoder = _decoders.setdefault(kind, msgspec.msgpack.Decoder(kind))
    try:
        message: T = decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(str(error)) from error
    if getattr(message, "version", VERSION) != VERSION:
        raise BadMessage(f"version {message.version} is not {VERSION}")  # type: ignore[attr-defined]
    if isinstance(message, NodeSample):
        _check(message)
    return message


def _bound(metric: str, hint: object) -> tuple[bool, float, float]:
    """Whether a metric is a whole number, and its least and greatest value."""
    if metric == "status":
        return True, min(DeviceStatus), max(DeviceStatus)
    if metric == "xid_at":
        return False, 0, 4_102_444_799
    if float in get_args(hint):
        return False, -1e15, 1e15
    is_large = metric.endswith(("_bytes", "_millijoules")) or metric.startswith("ecc_")
    return True, 0, 2**53 if is_large or metric == "throttle_reasons" else 2**31 - 1


_BOUNDS = [_bound(metric, hint) for metric, hint in get_type_hints(DeviceSample).items()]


def _check(sample: NodeSample) -> None:
    rows = len(sample.devices)
    too_few = len(sample.columns) < COLUMNS_AT_FIRST
    if too_few or any(len(column) != rows for column in sample.columns):
        raise BadMessage("columns do not fit the devices")
    # A newer collector tells more, an older one less: nodes are not updated all at once.
    del sample.columns[len(METRICS) :]
    sample.columns.extend([None] * rows for _ in METRICS[len(sample.columns) :])
    if len(set(sample.devices)) != rows:
        raise BadMessage("a device is listed twice")
    for column, (is_whole, least, greatest) in zip(sample.columns, _BOUNDS, strict=True):
        for row, value in enumerate(column):
            if value is not None and (
                not least <= value <= greatest or (is_whole and type(value) is float)
            ):
                column[row] = None
