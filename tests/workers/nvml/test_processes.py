"""The compute processes that NVML sees, with whose they are."""

from __future__ import annotations

import asyncio
import os
import pwd
import subprocess
import sys
import textwrap

import pytest

from telemetry.samples import DeviceStatus
from tests.workers.nvml.fake import GIB, h100, mig_instance

LAUNCHER = textwrap.dedent(
    r"""
    import os, subprocess, sys, time
    if len(sys.argv) > 1:
        os.write(1, b"%d\n" % os.getpid())
        time.sleep(600)
    for _ in range(2):
        subprocess.Popen([sys.executable, __file__, "worker"])
    time.sleep(600)
    """
)


@pytest.fixture
def workers(tmp_path):
    """The process ids of two workers that one launcher has started from a shell."""
    script = tmp_path / "train.py"
    script.write_text(LAUNCHER)
    shell = subprocess.Popen(
        ["/bin/sh", "-c", f"'{sys.executable}' '{script}'; true"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield [int(shell.stdout.readline()) for _ in range(2)]
    os.killpg(shell.pid, 9)
    shell.communicate()


@pytest.mark.spec("ENF-2", "DEV-4")
async def test_the_processes_on_the_cards_are_one_job_of_their_os_user(node, watch, workers):
    reader = await watch()
    node.run(0, workers[0], 3 * GIB)
    node.run(1, workers[1], 5 * GIB)
    found = await reader.reader.processes()
    assert found.answered == node.uuids()
    first, second = found.processes
    assert (first.device, second.device) == (node.uuids()[0], node.uuids()[1])
    assert (first.pid, first.memory_used_bytes) == (workers[0], 3 * GIB)
    assert first.user == pwd.getpwuid(os.getuid()).pw_name
    assert first.job_key == second.job_key
    assert first.job_name == first.name == "train.py"
    assert first.started_at <= second.started_at + 1


@pytest.mark.spec("DEV-4")
async def test_a_process_on_a_mig_instance_is_told_of_the_instance_alone(make_node, watch, workers):
    card = h100(0)
    card.answers["mig"] = 1
    card.instances = [mig_instance(0, "3g.40gb", 40), mig_instance(1, "3g.40gb", 40)]
    node = make_node([card])
    node.run("0.1", workers[0], GIB)
    found = await (await watch()).reader.processes()
    assert [p.device for p in found.processes] == [card.instances[1].answers["uuid"]]
    assert len(found.answered) == 3


@pytest.mark.spec("DEV-4", "F-35")
async def test_nothing_is_said_of_the_processes_of_a_card_that_does_not_answer(node, watch):
    reader = await watch()
    node.set(3, all="!15")
    found = await reader.reader.processes()
    assert set(node.uuids()) - set(found.answered) == {node.uuids()[3]}


@pytest.mark.spec("F-33")
async def test_a_process_query_that_hangs_gives_up_and_the_other_cards_go_on(node, watch):
    reader = await watch()
    node.set(3, processes="hang")
    asking = asyncio.create_task(reader.reader.processes())
    await reader.until(lambda devices: devices[3].status is DeviceStatus.TIMEOUT)
    assert (await asking).answered == []
    node.heal(3, "processes")
    await reader.all_answer()
    assert (await reader.reader.processes()).answered == node.uuids()
