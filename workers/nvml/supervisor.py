"""Keeps one NVML child at work, within deadlines: one that hangs is abandoned, one that dies is
replaced, and the card that it was at is left alone for a while so that the others stay fresh."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import time
from dataclasses import dataclass

import structlog

from telemetry.samples import DeviceSample, DeviceStatus, DeviceUuid, NodeId
from workers.nvml.exclusions import Exclusions
from workers.nvml.link import Link
from workers.nvml.protocol import Answer, Inventory, ProcessTable, XidSeen
from workers.nvml.roster import Roster
from workers.nvml.xids import Xids

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited for what, in seconds."""

    tick_seconds: float = 0.7  # read() returns within this
    stuck_seconds: float = 1.0  # on one card, before the child is abandoned
    unasked_seconds: float = 3.0  # for which a card that was not asked keeps its last status
    start_seconds: float = 15.0  # for nvmlInit
    open_seconds: float = 5.0  # on one card: without persistence mode it is initialised then
    first_facts_seconds: float = 3.0
    processes_seconds: float = 3.0
    first_retry_seconds: float = 10.0
    longest_retry_seconds: float = 300.0
    restart_seconds: float = 1.0  # after a second failure in a row that no card is to blame for
    longest_restart_seconds: float = 30.0
    close_seconds: float = 1.0
    abandoned_children: int = 4


@dataclass(frozen=True, slots=True)
class _Abandoned:
    process: subprocess.Popen[bytes]
    card: int  # NVML index, or negative


class Supervisor:
    def __init__(self, node_id: NodeId, patience: Patience) -> None:
        self.roster = Roster()
        self.xids = Xids()
        self.exclusions = Exclusions(
            first_seconds=patience.first_retry_seconds,
            longest_seconds=patience.longest_retry_seconds,
        )
        self.readings: dict[DeviceUuid, DeviceSample] = {}
        """Of the last tick alone."""
        self.waits_on: int | None = None
        """The card (NVML index) that had not answered when the last tick's time was over."""
        self.is_driver_gone = False
        self._node_id = node_id
        self._patience = patience
        self._child: Link | None = None
        self._skipped: list[int] = []
        self._starting: asyncio.Task[None] | None = None
        self._abandoned: list[_Abandoned] = []
        self._start_not_before = 0.0
        self._failures = 0  # in a row, that no card is to blame for
        self._number = 0
        self._question = 0
        self._was_unloaded = False

    async def start(self, deadline: float) -> None:
        """Wait for a child that has told the inventory."""
        while (child := await self._child_by(deadline)) is not None and not child.is_quiet:
            if time.monotonic() >= deadline:
                return
            await child.until(lambda child=child: child.is_quiet, self._limit(child, deadline))  # type: ignore[misc]

    async def tick(self, deadline: float) -> None:
        """Read every card that can be read before the deadline (monotonic) into `readings`."""
        self._number += 1
        self.readings = {}
        self.waits_on = None
        retried: list[int] = []
        while (child := await self._child_by(deadline)) is not None:
            if child.is_quiet and child.ticked == self._number:
                self._finish(child, retried)
                return
            if time.monotonic() >= deadline:
                break
            if child.is_quiet:
                held = {abandoned.card for abandoned in self._abandoned}
                skip, retried = self.exclusions.sort(time.monotonic(), held)
                if len(self._abandoned) >= self._patience.abandoned_children - 1:
                    skip, retried = skip + retried, []  # there would be no child left after it
                child.tick(self._number, skip, retried)
            await child.until(lambda child=child: child.is_quiet, self._limit(child, deadline))  # type: ignore[misc]
        if child is not None:
            self._harvest(child)
            self.waits_on, _ = self._stuck_at(child)

    async def process_table(self, deadline: float) -> ProcessTable | None:
        """None where NVML, or the look-up of the owners, does not answer in time."""
        child = self._child
        if child is None or child.inventory is None:
            return None
        self._question += 1
        number = self._question
        child.ask_processes(number)

        def is_answered() -> bool:
            return child.table is not None and child.table.number == number

        return child.table if await child.until(is_answered, deadline) else None

    async def close(self) -> None:
        """End the child in peace: it is asked, then told, and never killed (F-39)."""
        if self._starting is not None:
            await asyncio.wait({self._starting}, timeout=self._patience.close_seconds)
        if self._child is None:
            return
        process = self._child.process
        self._child.let_go()
        self._child = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(process.wait, self._patience.close_seconds)
            return
        process.terminate()

    async def _child_by(self, deadline: float) -> Link | None:
        """The child, a new one if need be; None where there is none before the deadline."""
        self._abandoned = [a for a in self._abandoned if a.process.poll() is None]
        self._judge()
        if self._child is None and self._starting is None and self._may_start():
            self._starting = asyncio.create_task(self._start_child())
        if self._starting is not None:
            timeout = max(0.0, deadline - time.monotonic())
            await asyncio.wait({self._starting}, timeout=timeout)
        return self._child

    def _may_start(self) -> bool:
        is_room = len(self._abandoned) < self._patience.abandoned_children
        return is_room and time.monotonic() >= self._start_not_before

    async def _start_child(self) -> None:
        held = {abandoned.card for abandoned in self._abandoned}
        skip, due = self.exclusions.sort(time.monotonic(), held)
        self._skipped = skip + due  # tried again later, when the others have been read
        try:
            self._child = await Link.start(self._node_id, self._skipped, self._take)
        except OSError as error:
            log.error("nvml.child_not_started", error=str(error))
            self._hold_back()
        finally:
            self._starting = None

    def _limit(self, child: Link, deadline: float) -> float:
        _, stuck_at = self._stuck_at(child)
        return deadline if stuck_at is None else min(deadline, stuck_at)

    def _stuck_at(self, child: Link) -> tuple[int, float | None]:
        """The card that it is at, and when (monotonic) it has to be called stuck there."""
        card, since = child.busy_since()
        if since is None:
            return card, None
        patience = self._patience.stuck_seconds
        if child.inventory is None:
            patience = self._patience.open_seconds if card >= 0 else self._patience.start_seconds
        return card, since + patience

    def _judge(self) -> None:
        """Give up a child that hangs or has ended, and blame the card that it was at."""
        child = self._child
        if child is None:
            return
        card, stuck_at = self._stuck_at(child)
        pid = child.process.pid
        if child.is_gone:
            code = child.process.poll()
            if child.farewell is not None:
                self._driver_gone(child.farewell.reason, is_unloaded=child.farewell.is_unloaded)
            else:
                log.error("nvml.child_died", pid=pid, exit_code=code, card=card)
                self._blame(card, DeviceStatus.FAILED)
        elif stuck_at is not None and time.monotonic() >= stuck_at:
            log.error("nvml.child_abandoned", pid=pid, card=card)
            child.process.terminate()  # once: what sleeps in the driver cannot be helped
            self._blame(card, DeviceStatus.TIMEOUT)
        else:
            return
        self._harvest(child)
        child.let_go()
        self._abandoned.append(_Abandoned(child.process, card))
        self._child = None

    def _blame(self, card: int, status: DeviceStatus) -> None:
        if card < 0:
            self._hold_back()
            return
        seconds = self.exclusions.add(card, status, time.monotonic())
        log.warning("nvml.card_left_alone", card=card, status=status.name, seconds=seconds)

    def _hold_back(self) -> None:
        """The first replacement comes at once, further ones after a wait that doubles."""
        self._failures += 1
        wait = self._patience.restart_seconds * 2.0 ** (self._failures - 2)
        wait = 0.0 if self._failures == 1 else min(wait, self._patience.longest_restart_seconds)
        self._start_not_before = time.monotonic() + wait

    def _driver_gone(self, reason: str, *, is_unloaded: bool) -> None:
        if not self.is_driver_gone:
            log.error("nvml.driver_unavailable", reason=reason)
        self.is_driver_gone = True
        self._was_unloaded = self._was_unloaded or is_unloaded
        self._hold_back()

    def _take(self, answer: Answer) -> None:
        match answer:
            case Inventory():
                if self._was_unloaded:
                    self.xids.forget_all()
                    self.exclusions.clear()
                self.is_driver_gone = self._was_unloaded = False
                self.roster.update(answer, self._skipped)
                if answer.failed:
                    log.warning("nvml.cards_not_opened", cards=answer.failed)
            case XidSeen(device, xid, at):
                log.warning("nvml.xid", device=device, xid=xid)
                self.xids.seen(device, xid, at)

    def _harvest(self, child: Link) -> None:
        for uuid, reading in child.readings(self._number).items():
            if uuid not in self.readings:
                self.readings[uuid] = reading
                self.xids.observe(uuid, reading.status, reading.energy_millijoules)

    def _finish(self, child: Link, retried: list[int]) -> None:
        self._harvest(child)
        self._failures = 0
        for card in retried:
            log.info("nvml.card_answers_again", card=card)
            self.exclusions.forgive(card)
