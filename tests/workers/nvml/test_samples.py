"""Healthy cards of several kinds: values in their units, and null for what is not there."""

from __future__ import annotations

import pytest

from telemetry.samples import DeviceStatus
from tests.workers.nvml.fake import GIB, MIB, UINT, ULL, h100, mig_instance, rtx_4090, t4
from workers.nvml import has_gpus


@pytest.mark.spec("DEV-2", "NODE-2")
async def test_the_facts_of_a_node_name_its_cards_driver_and_host(make_node, watch):
    make_node([h100(0), rtx_4090(1)])
    facts = await (await watch()).reader.facts()
    assert facts.driver_version == "575.57.08"
    assert facts.cuda_version == "12.9"
    assert facts.node_id and facts.host_name and facts.kernel_version and facts.cpu_count
    assert facts.memory_total_bytes and facts.booted_at and facts.addresses is not None
    data_centre, consumer = facts.devices
    assert data_centre.product == "NVIDIA H100 80GB HBM3"
    assert data_centre.memory_total_bytes == 80 * GIB
    assert data_centre.pci_bus_id == "00000000:10:00.0"
    assert data_centre.architecture == "Hopper"
    assert data_centre.temperature_slowdown_celsius == 87
    assert data_centre.power_limit_max_watts == 700
    assert data_centre.nvlink_links == 18
    assert data_centre.mig_enabled is False
    assert consumer.product == "NVIDIA GeForce RTX 4090"
    assert (consumer.serial, consumer.nvlink_links, consumer.mig_enabled) == (None, None, None)


@pytest.mark.spec("DEV-2")
async def test_a_data_centre_card_is_sampled_in_the_units_of_the_wire(make_node, watch):
    make_node([h100(0)])
    reader = await watch()
    await reader.all_answer()
    [sample] = await reader.all_answer()
    assert sample.utilisation_percent == 90
    assert sample.memory_used_bytes == 60 * GIB
    assert sample.memory_free_bytes == 20 * GIB * 15 // 16  # the rest is the driver's
    assert sample.energy_millijoules == 1_000_000
    assert sample.power_watts == 650.5
    assert sample.power_limit_watts == 700
    assert (sample.temperature_celsius, sample.memory_temperature_celsius) == (60, 71)
    assert (sample.sm_clock_mhz, sample.memory_clock_mhz) == (1980, 2619)
    assert (sample.pcie_generation, sample.pcie_width) == (5, 16)
    assert sample.pcie_tx_bytes_per_second == 0  # the counter stands still: a known zero
    assert (sample.nvlink_active_links, sample.nvlink_rx_bytes_per_second) == (18, 0)
    assert (sample.ecc_aggregate_corrected, sample.remapped_rows_corrected) == (7, 1)
    assert (sample.throttle_reasons, sample.performance_state) == (0, 0)


@pytest.mark.spec("DEV-2")
async def test_what_a_card_does_not_have_is_null(make_node, watch):
    make_node([rtx_4090(0)])
    [sample] = await (await watch()).all_answer()
    assert sample.fan_percent == 33
    assert sample.power_watts == 123.4
    absent = (
        sample.memory_temperature_celsius,
        sample.ecc_volatile_corrected,
        sample.ecc_aggregate_uncorrected,
        sample.retired_pages,
        sample.remapped_rows_corrected,
        sample.remap_failed,
        sample.nvlink_active_links,
        sample.nvlink_tx_bytes_per_second,
        sample.encoder_percent,
        sample.pcie_generation,
        sample.xid,
    )
    assert absent == (None,) * len(absent)


@pytest.mark.spec("DEV-2")
async def test_an_older_card_tells_retired_pages_in_place_of_remapped_rows(make_node, watch):
    make_node([t4(0)])
    [sample] = await (await watch()).all_answer()
    assert (sample.retired_pages, sample.retired_pages_pending) == (3, 1)
    assert (sample.remapped_rows_corrected, sample.remap_pending) == (None, None)


@pytest.mark.spec("DEV-2")
async def test_a_driver_that_refuses_a_batch_for_one_unknown_field_still_tells_the_rest(
    make_node, watch
):
    card = h100(0)
    card.answers["newest_field"] = 150
    make_node([card])
    [sample] = await (await watch()).all_answer()
    assert sample.memory_temperature_celsius == 71
    assert sample.ecc_aggregate_corrected == 7
    assert sample.power_limit_watts == 700  # by its own call


@pytest.mark.spec("DEV-2")
async def test_a_byte_counter_too_narrow_for_its_bus_is_not_used(make_node, watch):
    card = h100(0)
    card.fields |= {197: (UINT, 5), 198: (UINT, 5)}
    make_node([card])
    reader = await watch()
    await reader.all_answer()
    [sample] = await reader.all_answer()
    assert sample.pcie_tx_bytes_per_second is None


@pytest.mark.spec("DEV-2")
async def test_nvmls_marks_for_not_available_are_null(make_node, watch):
    card = h100(0)
    card.answers |= {"sm_clock": 0xFFFFFFFF, "pstate": 32}
    card.fields |= {82: (UINT, 0), 4: (ULL, -1), 185: (UINT, 0xFFFFFFFF)}
    make_node([card])
    [sample] = await (await watch()).all_answer()
    assert sample.sm_clock_mhz is None
    assert sample.performance_state is None
    assert sample.memory_temperature_celsius is None  # 0 °C: how cards without the sensor answer
    assert sample.ecc_volatile_uncorrected is None
    assert sample.power_watts is None


@pytest.mark.spec("DEV-2")
async def test_counters_become_rates(make_node, watch):
    node = make_node([h100(0)])
    reader = await watch()
    await reader.all_answer()
    node.set_field(0, 197, 10**12)
    node.set_field(0, 138, 10**9)
    [sample] = await reader.until(lambda devices: bool(devices[0].pcie_tx_bytes_per_second))
    assert sample.pcie_tx_bytes_per_second > 10**10
    assert sample.nvlink_tx_bytes_per_second > 10**10


@pytest.mark.spec("DEV-2")
async def test_pcie_throughput_of_a_card_without_counters_is_measured_now_and_then(
    make_node, watch
):
    make_node([rtx_4090(0)])
    reader = await watch()
    [sample] = await reader.until(lambda devices: devices[0].pcie_tx_bytes_per_second is not None)
    assert sample.pcie_tx_bytes_per_second == 2000 * 1024
    assert sample.pcie_rx_bytes_per_second == 1000 * 1024


@pytest.mark.spec("DEV-2")
async def test_ecc_errors_and_failed_remaps_are_told(node, watch):
    reader = await watch()
    await reader.all_answer()
    node.set_field(2, 4, 3)
    node.set_field(2, 145, 1, UINT)
    devices = await reader.until(lambda devices: devices[2].remap_failed == 1)
    assert devices[2].ecc_volatile_uncorrected == 3
    assert devices[1].ecc_volatile_uncorrected == 0


@pytest.mark.spec("DEV-2")
async def test_a_card_cut_by_mig_is_listed_with_its_instances(make_node, watch):
    card = h100(0)
    card.answers |= {"mig": 1, "utilisation": "!3", "memory_utilisation": "!3"}
    card.instances = [mig_instance(0, "1g.10gb", 10), mig_instance(1, "3g.40gb", 40)]
    make_node([card, h100(1)])
    reader = await watch()
    devices = (await reader.reader.facts()).devices
    assert [d.mig_profile for d in devices] == [None, "1g.10gb", "3g.40gb", None]
    assert [d.mig_parent for d in devices] == [None, devices[0].uuid, devices[0].uuid, None]
    assert devices[2].memory_total_bytes == 40 * GIB
    assert devices[2].product == "NVIDIA H100 80GB HBM3"
    parent, small, _, other = await reader.all_answer()
    assert (parent.utilisation_percent, other.utilisation_percent) == (None, 90)
    assert small.memory_used_bytes == MIB
    assert small.temperature_celsius is None


@pytest.mark.spec("DEV-2")
async def test_cutting_a_card_changes_the_inventory_while_running(node, watch):
    reader = await watch()
    version = reader.reader.inventory_version
    node.cut(3, mig_instance(0, "7g.80gb", 80))
    await reader.until(lambda devices: len(devices) == 9 and fresh_all(devices))
    assert reader.reader.inventory_version > version
    node.cut(3, mig_instance(1, "1g.10gb", 10), mig_instance(2, "1g.10gb", 10))
    await reader.until(lambda devices: len(devices) == 10 and fresh_all(devices))
    facts = await reader.reader.facts()
    assert [d.mig_profile for d in facts.devices if d.mig_parent] == ["1g.10gb", "1g.10gb"]


def fresh_all(devices):
    return all(d.status is DeviceStatus.ANSWERS and d.memory_used_bytes for d in devices)


@pytest.mark.spec("NODE-2")
async def test_the_host_is_sampled_beside_the_cards(node, watch):
    reader = await watch()
    await reader.read()
    host = (await reader.read()).host
    assert 0 <= host.cpu_percent <= 100
    assert 0 < host.memory_used_bytes < host.memory_total_bytes
    assert 0 < host.disk_used_bytes < host.disk_total_bytes
    assert host.uptime_seconds > 0


def test_a_machine_has_gpus_when_nvml_lists_one(make_node):
    node = make_node([h100(0)])
    assert has_gpus()
    node.remove(0)
    assert not has_gpus()
    node.unload_driver()
    assert not has_gpus()


def test_a_machine_without_the_driver_has_no_gpus(monkeypatch, tmp_path):
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    assert not has_gpus()


@pytest.mark.spec("DEV-2")
async def test_nvlink_errors_are_the_replays_and_recoveries_of_all_links(make_node, watch):
    older, newer, newest = h100(0), h100(1), h100(2)
    older.fields |= {52: (ULL, 3), 59: (ULL, 1), 161: (ULL, 9)}  # the sums, and a link's own
    newer.fields |= {161: (ULL, 1), 162: (ULL, 0)}  # of each of 18 links
    newest.fields |= {215: (ULL, 2)}
    make_node([older, newer, newest, h100(3)])
    samples = await (await watch()).all_answer()
    assert [sample.nvlink_errors for sample in samples] == [4, 18, 36, None]
