"""The codec: what was encoded comes back, and nothing else gets in."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.bus import Change
from telemetry.samples import (
    COLUMNS_AT_FIRST,
    DEVICES_LIMIT,
    MESSAGE_LIMIT_BYTES,
    METRICS,
    BadMessage,
    DeviceSample,
    DeviceStatus,
    DeviceUuid,
    HostSample,
    NodeFacts,
    NodeId,
    NodeProcesses,
    NodeSample,
    ProcessSample,
    QueuedJob,
    QueueReport,
    decode,
    encode,
    to_columns,
)
from tests.telemetry.reports import START, facts, sample

KINDS: list[type[Any]] = [NodeSample, NodeFacts, NodeProcesses, QueueReport, Change]

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
ids = text.filter(bool)
numbers = st.none() | st.floats(-1e6, 1e6)
counts = st.none() | st.integers(0, 2**31 - 1)
DEVICES = st.builds(
    DeviceSample,
    status=st.sampled_from(DeviceStatus),
    utilisation_percent=numbers,
    temperature_celsius=numbers,
    memory_used_bytes=st.none() | st.integers(0, 2**53),
    ecc_volatile_uncorrected=st.none() | st.integers(0, 2**53),
    remap_failed=counts,
    xid=counts,
    xid_at=st.none() | st.floats(0, 4e9),
)


@st.composite
def node_samples(draw: st.DrawFn) -> NodeSample:
    devices = draw(st.dictionaries(ids, DEVICES, max_size=10))
    host = HostSample(cpu_percent=draw(numbers), memory_used_bytes=draw(counts))
    return sample(
        draw(ids),
        draw(st.integers(0, 2**53)),
        devices,
        time=draw(st.floats(0, 4e9)),
        interval_seconds=draw(st.floats(0.1, 60)),
        host=host,
    )


def changed(message: msgspec.Struct, **fields: Any) -> bytes:
    return encode(msgspec.structs.replace(message, **fields))


def with_column(metric: str, value: Any) -> bytes:
    """A sample of one device whose collector says `value`, whatever that is."""
    said = sample()
    said.columns[METRICS.index(metric)][0] = value
    return encode(said)


def read(raw: bytes, metric: str) -> Any:
    return decode(raw, NodeSample).columns[METRICS.index(metric)][0]


@given(node_samples())
def test_a_sample_comes_back_as_it_was_sent(sent: NodeSample) -> None:
    assert decode(encode(sent), NodeSample) == sent


@pytest.mark.parametrize(
    "report",
    [
        facts(labels={"zone": "a"}, addresses=["10.0.0.1"], booted_at=START),
        NodeProcesses(
            node_id=NodeId("n"),
            boot_id="b",
            time=START,
            devices=[DeviceUuid("GPU-1")],
            processes=[
                ProcessSample(device=DeviceUuid("GPU-1"), pid=7, job_key="k", job_name="train")
            ],
        ),
        QueueReport(
            source="demo",
            time=START,
            jobs=[
                QueuedJob(
                    key="k", name="n", user=None, pool=None, requested_devices=2, submitted_at=START
                )
            ],
        ),
        Change("pool", [1, 2]),
    ],
)
def test_a_report_comes_back_as_it_was_sent(report: msgspec.Struct) -> None:
    assert decode(encode(report), type(report)) == report


def test_what_a_card_does_not_have_stays_null_and_zero_stays_zero() -> None:
    cards = [DeviceSample(), DeviceSample(utilisation_percent=0.0, ecc_volatile_uncorrected=0)]
    sent = sample(devices=dict(zip(("GPU-a", "GPU-b"), cards, strict=True)))
    columns = dict(zip(METRICS, decode(encode(sent), NodeSample).columns, strict=True))
    assert columns["utilisation_percent"] == [None, 0.0]
    assert columns["ecc_volatile_uncorrected"] == [None, 0]
    assert all(columns[metric][0] is None for metric in METRICS if metric != "status")


@pytest.mark.spec("F-15")
@given(st.binary(max_size=400), st.sampled_from(KINDS))
def test_bytes_that_are_no_message_are_refused(raw: bytes, kind: type[Any]) -> None:
    try:
        message = decode(raw, kind)
    except BadMessage:
        return
    assert isinstance(message, kind)


@pytest.mark.spec("F-15")
@given(node_samples(), st.data())
def test_a_damaged_message_is_refused_or_is_a_sample_that_fits(
    sent: NodeSample, data: st.DataObject
) -> None:
    raw = bytearray(encode(sent))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    del raw[data.draw(st.integers(0, len(raw))) or len(raw) :]
    try:
        message = decode(bytes(raw), NodeSample)
    except BadMessage:
        return
    assert all(len(column) == len(message.devices) for column in message.columns)
    assert all(value is None or math.isfinite(value) for c in message.columns for value in c)


@pytest.mark.spec("F-15", "T-49")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"\x81\xa1z" + b"\x91" * 1_000_000, id="nested without end"),
        pytest.param(b"\x91" * 1_000_000, id="arrays without end"),
        pytest.param(b"\xdd\xff\xff\xff\xff", id="a list of 4 billion"),
        pytest.param(b"\xa2\xed\xa0", id="no UTF-8"),
        pytest.param(b"\xc6" + b"\xff" * 4, id="4 GiB promised"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_message_built_to_break_the_decoder_is_refused(raw: bytes, kind: type[Any]) -> None:
    with pytest.raises(BadMessage):
        decode(raw, kind)


@pytest.mark.parametrize(
    "report", [sample(version=2), facts(version=0), QueueReport(source="q", time=1, jobs=[])]
)
def test_a_message_of_another_version_is_refused(report: Any) -> None:
    with pytest.raises(BadMessage, match="version"):
        decode(changed(report, version=report.version + 2), type(report))


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param([], id="no columns"),
        pytest.param([[0]] * (COLUMNS_AT_FIRST - 1), id="a column too few"),
        pytest.param([[0, 0]] * len(METRICS), id="a row more than devices"),
        pytest.param([[0]] * (len(METRICS) - 1) + [[]], id="a column without rows"),
    ],
)
def test_columns_that_do_not_fit_the_devices_are_refused(columns: list[list[int]]) -> None:
    with pytest.raises(BadMessage, match="fit"):
        decode(changed(sample(), columns=columns), NodeSample)


@pytest.mark.parametrize("told", [COLUMNS_AT_FIRST, len(METRICS), len(METRICS) + 3])
def test_a_collector_of_another_release_tells_what_both_know(told: int) -> None:
    columns = [[number] for number in range(told)]
    message = decode(changed(sample(), columns=columns), NodeSample)
    assert len(message.columns) == len(METRICS)
    assert message.columns[METRICS.index("fan_percent")] == [METRICS.index("fan_percent")]
    assert message.columns[-1] == ([len(METRICS) - 1] if told >= len(METRICS) else [None])


@pytest.mark.spec("T-49")
@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("utilisation_percent", math.nan),
        ("power_watts", math.inf),
        ("temperature_celsius", 1e300),
        ("sm_clock_mhz", 2**31),
        ("pcie_width", -1),
        ("memory_used_bytes", 2**64 - 1),
        ("memory_used_bytes", 0.5),
        ("energy_millijoules", 2**53 + 1),
        ("status", 99),
        ("xid", 1e308),
        ("xid_at", 1e15),
    ],
)
def test_a_value_that_cannot_be_is_unknown_and_its_neighbours_stay(
    metric: str, value: float
) -> None:
    said = sample(devices={"GPU-odd": DeviceSample(), "GPU-well": DeviceSample(fan_percent=30.0)})
    said.columns[METRICS.index(metric)][0] = value
    message = decode(encode(said), NodeSample)
    assert message.columns[METRICS.index(metric)][0] is None
    assert message.columns[METRICS.index("fan_percent")][1] == 30.0


def test_the_bounds_of_a_value_belong_to_it() -> None:
    assert read(with_column("memory_used_bytes", 2**53), "memory_used_bytes") == 2**53
    assert read(with_column("energy_millijoules", 2**53), "energy_millijoules") == 2**53
    assert read(with_column("temperature_celsius", -10.5), "temperature_celsius") == -10.5
    assert read(with_column("utilisation_percent", 0), "utilisation_percent") == 0


@pytest.mark.parametrize("value", [2**64, "hot", True, [1]])
def test_a_value_that_is_no_number_is_refused(value: Any) -> None:
    raw = encode(sample())
    marker = msgspec.msgpack.encode([int(DeviceStatus.ANSWERS)])
    odd = b"\x91\xc7\x09\x00" + b"\xff" * 9 if value == 2**64 else msgspec.msgpack.encode([value])
    assert raw.count(marker)
    with pytest.raises(BadMessage):
        decode(raw.replace(marker, odd, 1), NodeSample)


@pytest.mark.spec("T-49")
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"interval_seconds": 1e9}, id="never stale"),
        pytest.param({"interval_seconds": 0.0}, id="always stale"),
        pytest.param({"interval_seconds": -1.0}, id="negative interval"),
        pytest.param({"interval_seconds": math.nan}, id="interval that is no number"),
        pytest.param({"time": math.nan}, id="time that is no number"),
        pytest.param({"time": 1e300}, id="time beyond every calendar"),
        pytest.param({"time": -1.0}, id="time before the epoch"),
        pytest.param({"sequence": -1}, id="negative sequence"),
        pytest.param({"sequence": 2**63}, id="last sequence of all"),
        pytest.param({"node_id": ""}, id="no node id"),
        pytest.param({"node_id": "n" * 65}, id="long node id"),
        pytest.param({"boot_id": "b" * 1000}, id="long boot id"),
        pytest.param({"boot_id": "b\x00"}, id="NUL, which PostgreSQL refuses"),
        pytest.param({"devices": ["GPU-" + "9" * 100]}, id="long UUID"),
        pytest.param({"host": HostSample(cpu_percent=math.inf)}, id="infinite load"),
        pytest.param({"host": HostSample(memory_used_bytes=2**60)}, id="an exabyte of memory"),
    ],
)
def test_what_no_collector_says_is_refused(fields: dict[str, Any]) -> None:
    assert decode(encode(sample()), NodeSample)
    with pytest.raises(BadMessage):
        decode(changed(sample(), **fields), NodeSample)


@pytest.mark.spec("T-49")
def test_a_node_with_more_devices_than_a_node_can_hold_is_refused() -> None:
    devices = {f"GPU-{index}": DeviceSample() for index in range(DEVICES_LIMIT + 1)}
    with pytest.raises(BadMessage):
        decode(encode(sample(devices=devices)), NodeSample)
    devices.popitem()
    assert len(decode(encode(sample(devices=devices)), NodeSample).devices) == DEVICES_LIMIT


@pytest.mark.spec("T-49")
def test_a_device_that_is_listed_twice_is_refused() -> None:
    twice = [DeviceUuid("GPU-1"), DeviceUuid("GPU-1")]
    columns = to_columns([DeviceSample(), DeviceSample()])
    with pytest.raises(BadMessage, match="twice"):
        decode(changed(sample(), devices=twice, columns=columns), NodeSample)


@pytest.mark.spec("T-49")
@pytest.mark.parametrize(
    "fields",
    [
        {"host_name": "x" * 10_000_000},
        {"labels": {"k": "v" * 300}},
        {"cpu_count": 2**40},
        {"booted_at": math.inf},
    ],
)
def test_facts_that_no_table_could_hold_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(BadMessage):
        decode(encode(facts(**fields)), NodeFacts)


@pytest.mark.spec("T-49")
def test_a_message_beyond_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadMessage, match="bytes"):
        decode(b"\x00" * (MESSAGE_LIMIT_BYTES + 1), NodeSample)


def test_a_user_cannot_hide_a_nodes_processes_behind_a_long_name() -> None:
    processes = [
        ProcessSample(device=DeviceUuid("GPU-1"), pid=1, name="x" * 4000, job_key="a", job_name="a")
    ]
    report = NodeProcesses(
        node_id=NodeId("n"), boot_id="b", time=START, devices=[], processes=processes
    )
    assert decode(encode(report), NodeProcesses) == report
