"""What a Prometheus gets at /metrics: dcgm-exporter's names, our own, and nothing untrue."""

from __future__ import annotations

import gzip
import math
import re
import time
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_text

from server.metrics.dcgm import DEVICE_METRICS
from server.metrics.text import Family, Format, Kind
from server.settings import Settings, SettingsError
from telemetry.samples import DeviceSample, DeviceStatus
from tests.server.console import PLAIN, Console, running_console
from tests.services.graph import Graph

TOKEN = "0123456789abcdef0123456789abcdef"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
RECORDED = Path(__file__).parent / "dcgm-exporter-4.8.2.csv"
"""The metrics of its etc/default-counters.csv: those that are on by default, then those that are
commented out there."""

READING = DeviceSample(
    utilisation_percent=87.0,
    memory_utilisation_percent=41.0,
    encoder_percent=3.0,
    decoder_percent=5.0,
    memory_used_bytes=71_303_168_000,
    temperature_celsius=64.0,
    memory_temperature_celsius=71.0,
    power_watts=612.5,
    sm_clock_mhz=1980,
    memory_clock_mhz=2619,
    xid=79,
    ecc_volatile_corrected=2,
    ecc_volatile_uncorrected=1,
    ecc_aggregate_corrected=12,
    ecc_aggregate_uncorrected=3,
    remapped_rows_corrected=4,
    remapped_rows_uncorrected=6,
    remap_failed=1,
    memory_free_bytes=13_631_488_000,
    energy_millijoules=5_296_337_804_251,
)
WRITTEN = {
    "DCGM_FI_DEV_SM_CLOCK": 1980,
    "DCGM_FI_DEV_MEM_CLOCK": 2619,
    "DCGM_FI_DEV_MEMORY_TEMP": 71,
    "DCGM_FI_DEV_GPU_TEMP": 64,
    "DCGM_FI_DEV_POWER_USAGE": 612.5,
    "DCGM_FI_DEV_GPU_UTIL": 87,
    "DCGM_FI_DEV_MEM_COPY_UTIL": 41,
    "DCGM_FI_DEV_ENC_UTIL": 3,
    "DCGM_FI_DEV_DEC_UTIL": 5,
    "DCGM_FI_DEV_XID_ERRORS": 79,
    "DCGM_FI_DEV_FB_USED": 68000,
    "DCGM_FI_DEV_FB_FREE": 13000,
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": 5_296_337_804_251,
    "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL": 2,
    "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL": 1,
    "DCGM_FI_DEV_ECC_SBE_AGG_TOTAL": 12,
    "DCGM_FI_DEV_ECC_DBE_AGG_TOTAL": 3,
    "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS": 6,
    "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS": 4,
    "DCGM_FI_DEV_ROW_REMAP_FAILURE": 1,
}


Samples = dict[str, list[tuple[dict[str, str], float]]]


async def scraped(graph: Graph, accept: str = "text/plain") -> Samples:
    answer = await graph.http.get("/metrics", headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    parse = parse_openmetrics if "openmetrics" in accept else parse_text
    found: Samples = {}
    for sample in (sample for family in parse(answer.text) for sample in family.samples):
        name = sample.name
        if name not in answer.text:  # the parser of 0.0.4 adds it to each counter
            name = name.removesuffix("_total")
        found.setdefault(name, []).append((sample.labels, sample.value))
    return found


def values(found: Samples, name: str, **wanted: str) -> list[float]:
    """Of the samples that have the labels."""
    return [v for labels, v in found.get(name, []) if wanted.items() <= labels.items()]


@pytest.mark.parametrize("accept", ["text/plain", OPENMETRICS])
async def test_a_device_is_told_as_dcgm_exporter_tells_it(graph: Graph, accept: str) -> None:
    node = await graph.add_node("node-1", devices=1, driver_version="570.124.06")
    node.devices[0] = READING
    await node.say()
    found = await scraped(graph, accept)
    for name, value in WRITTEN.items():
        assert found[name] == [
            (
                {
                    "gpu": "0",
                    "UUID": "GPU-node-1-0",
                    "pci_bus_id": "",
                    "device": "nvidia0",
                    "modelName": "NVIDIA H100 80GB HBM3",
                    "Hostname": "node-1",
                    "DCGM_FI_DRIVER_VERSION": "570.124.06",
                },
                value,
            )
        ]


def test_each_name_type_and_help_is_one_of_dcgm_exporters() -> None:
    recorded = dict[str, tuple[str, str]]()
    for line in RECORDED.read_text().splitlines():
        name, kind, help = (part.strip() for part in line.split(",", 2))
        recorded[name] = kind, help
    ours = {m.family.name: (m.family.kind.value, m.family.help) for m in DEVICE_METRICS}
    xid = ours.pop("DCGM_FI_DEV_XID_ERRORS")  # ours says more
    assert xid[1].startswith(recorded["DCGM_FI_DEV_XID_ERRORS"][1].rstrip("."))
    assert ours.items() <= recorded.items()


async def test_what_is_not_known_has_no_sample(graph: Graph) -> None:
    node = await graph.add_node("node-1", devices=2)
    node.devices[0] = DeviceSample(utilisation_percent=0.0)
    node.devices[1] = DeviceSample(status=DeviceStatus.LOST)
    await node.say()
    found = await scraped(graph)
    told = {name for name in found if name.startswith("DCGM_")}
    assert told == {"DCGM_FI_DEV_GPU_UTIL"}
    assert values(found, "DCGM_FI_DEV_GPU_UTIL") == [0]


@pytest.mark.spec("NODE-2")
async def test_a_silent_node_leaves_a_gap_and_is_not_up(graph: Graph) -> None:
    silent, heard = await graph.add_node("silent"), await graph.add_node("heard")
    heard_at = time.time()
    graph.live.fleet.tick(heard_at + 2)
    graph.live.fleet.nodes[silent.id].is_stale = True
    graph.live.fleet.nodes[heard.id].is_stale = False
    found = await scraped(graph)
    assert {labels["Hostname"] for labels, _ in found["DCGM_FI_DEV_GPU_TEMP"]} == {"heard"}
    assert values(found, "quartermaster_node_up", node="silent") == [0]
    assert values(found, "quartermaster_node_up", node="heard") == [1]
    (told,) = values(found, "quartermaster_node_last_heard_seconds", node="heard")
    assert math.isclose(told, heard_at, abs_tol=60)


async def test_pools_jobs_health_and_places_are_told_beside(graph: Graph) -> None:
    node = await graph.add_node("node-1", devices=3)
    node.set(0, utilisation_percent=90.0)
    node.set(2, xid=79, xid_at=time.time())
    await node.run_job("train", "ada", 0, 1)
    await node.say()
    found = await scraped(graph)
    assert values(found, "quartermaster_pool_devices", pool="Default") == [3]
    assert values(found, "quartermaster_pool_devices_allocated", pool="Default") == [2]
    assert values(found, "quartermaster_pool_devices_computing", pool="Default") == [1]
    assert values(found, "quartermaster_pool_devices_idle", pool="Default") == [1]
    assert values(found, "quartermaster_jobs", state="RUNNING") == [1]
    assert values(found, "quartermaster_jobs", state="QUEUED") == [0]
    ill = {"UUID": "GPU-node-1-2", "node": "node-1"}
    assert found["quartermaster_device_health"][2] == ({**ill, "level": "CRITICAL"}, 1)
    place = {**ill, "pool": "Default", "group": "Default"}
    assert found["quartermaster_device_info"][2] == (place, 1)
    assert values(found, "quartermaster_health_changes_total", level="CRITICAL") == [1]


async def test_what_was_lost_and_what_was_asked_is_counted(graph: Graph) -> None:
    node = await graph.add_node("node-1")
    before = await scraped(graph)
    for _ in range(3):
        next(node.sequence)
    await node.say()
    graph.bus.dropped["malformed"] += 2
    await graph.ask("{ cluster { name } }")
    await graph.answer("{ nothing }")
    found = await scraped(graph)
    assert values(found, "quartermaster_sample_gaps_total") == [3]
    assert values(found, "quartermaster_bus_messages_dropped_total", reason="malformed") == [2]
    for name, label in (
        ("quartermaster_graphql_operations_total", {"kind": "query"}),
        ("quartermaster_graphql_errors_total", {"kind": "refused"}),
    ):
        (after,) = values(found, name, **label)
        assert after == sum(values(before, name, **label)) + 1
    assert values(found, "quartermaster_open_sockets") == [0]
    assert len(values(found, "quartermaster_loop_lag_seconds")) == 1
    assert len(values(found, "process_resident_memory_bytes")) == 1


@pytest.mark.parametrize("accept", ["text/plain", OPENMETRICS])
async def test_quotes_and_backslashes_in_names_are_escaped(graph: Graph, accept: str) -> None:
    odd = 'a"} 1 up{x="\\n\\'
    await graph.add_node("node-1", devices=1, host_name=odd, product=odd)
    found = await scraped(graph, accept)
    ((labels, _),) = found["DCGM_FI_DEV_GPU_TEMP"]
    assert labels["Hostname"] == labels["modelName"] == odd
    assert "up" not in found


@pytest.mark.parametrize("format", list(Format))
def test_whatever_a_label_or_a_help_holds_stays_one_line(format: Format) -> None:
    odd = 'a"} 1\nup{x="\\n\\'
    text = Family("jobs", Kind.GAUGE, odd).written(format, [({"name": odd}, 1)])
    parse, end = (
        (parse_openmetrics, "# EOF\n") if format is Format.OPENMETRICS else (parse_text, "")
    )
    (family,) = parse(text + end)
    assert family.documentation == odd
    assert family.samples[0].labels == {"name": odd}


async def test_the_format_and_the_coding_are_those_asked_for(graph: Graph) -> None:
    await graph.add_node("node-1")
    prometheus = (
        "application/openmetrics-text;version=1.0.0;q=0.5,"
        "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
    )
    for accept, told in (
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain", "text/plain; version=0.0.4; charset=utf-8"),
        (prometheus, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
    ):
        answer = await graph.http.get("/metrics", headers={"Accept": accept})
        assert answer.headers["content-type"] == told
        assert answer.text.endswith("# EOF\n") == ("openmetrics" in told)
    async with graph.http.stream("GET", "/metrics", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert "DCGM_FI_DEV_GPU_TEMP{" in gzip.decompress(raw).decode()
    plain = await graph.http.get("/metrics", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in plain.headers


@pytest.mark.spec("T-21", "T-51")
async def test_only_the_token_or_an_operator_scrapes(static: Path) -> None:
    with running_console(static, metrics_token=TOKEN) as console:
        plain_user = console.accounts.open("eve", PLAIN)
        for client, headers, expected in (
            (console.client(), {}, 401),
            (console.client(plain_user), {}, 403),
            (console.operator(), {}, 200),
            (console.client(), {"Authorization": f"Bearer {TOKEN}"}, 200),
            (console.client(), {"Authorization": f"bearer {TOKEN}"}, 200),
            (console.client(), {"Authorization": f"Bearer {TOKEN}x"}, 401),
            (console.client(), {"Authorization": f"Bearer {TOKEN[:-1]}"}, 401),
            (console.client(), {"Authorization": f"Basic {TOKEN}"}, 401),
            (console.client(), {"Authorization": "Bearer"}, 401),
            (console.operator(), {"Authorization": "Bearer wrong"}, 401),
        ):
            async with client:
                answer = await client.get("/metrics", headers=headers)
                assert answer.status_code == expected, headers
                assert TOKEN not in answer.text
        for name in ("token", "access_token", "authorization"):
            async with console.client() as client:
                answer = await client.get("/metrics", params={name: TOKEN})
                assert answer.status_code == 401


@pytest.mark.spec("T-21")
async def test_without_a_token_in_the_settings_no_token_scrapes(console: Console) -> None:
    for given in ("Bearer", "Bearer None", ""):
        async with console.client() as client:
            answer = await client.get("/metrics", headers={"Authorization": given})
            assert answer.status_code == 401


@pytest.mark.spec("T-4", "T-16")
@pytest.mark.parametrize("token", ["", " " * 40, "short", "\n" * 40, "é" * 40])
def test_a_token_that_could_be_guessed_stops_the_start(token: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(token)
    for given in (
        {"QUARTERMASTER_METRICS_TOKEN": token},
        {"QUARTERMASTER_METRICS_TOKEN_FILE": str(file)},
    ):
        with pytest.raises(SettingsError, match=r"QUARTERMASTER_METRICS_TOKEN must be") as refused:
            Settings.load(given)
        assert not token.strip() or token not in str(refused.value)


def test_the_token_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    settings = Settings.load({"QUARTERMASTER_METRICS_TOKEN_FILE": str(file)})
    assert settings.metrics_token == TOKEN
    assert not re.search(TOKEN, repr(settings))
    with pytest.raises(SettingsError, match="not both"):
        Settings.load(
            {
                "QUARTERMASTER_METRICS_TOKEN": TOKEN,
                "QUARTERMASTER_METRICS_TOKEN_FILE": str(file),
            }
        )
    with pytest.raises(SettingsError, match="cannot be read"):
        Settings.load({"QUARTERMASTER_METRICS_TOKEN_FILE": str(tmp_path / "absent")})
