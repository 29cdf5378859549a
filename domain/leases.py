"""Leases: which process may do what only one may do, until when, by the database's own clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from tortoise import fields
from tortoise.models import Model

from domain.database import execute, fetch, for_share, is_postgres, only_if

CONTROLLER: Final = "controller"
"""The lease of the one process that writes what is reported."""

_SQLITE_NOW: Final = "(julianday('now') - 2440587.5) * 86400"
_POSTGRES_NOW: Final = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)"


class LeaseRow(Model):
    name = fields.CharField(primary_key=True, max_length=40)
    holder = fields.CharField(max_length=200)
    ends_at_seconds = fields.FloatField()  # since the Unix epoch; compared where it was made
    held_since_seconds = fields.FloatField(null=True)  # by this holder, without a gap

    class Meta:
        table = "lease"


class LeaseLost(Exception):
    """Another process has taken over, or this one was too late to renew: it must write no more."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as one process asks for it. The holder's name is its own, also after a restart."""

    name: str
    holder: str
    seconds: float


async def hold(lease: Lease) -> bool:
    """Take or renew the lease, in one statement; False while another holds it."""
    now = _now()
    written = await execute(
        "INSERT INTO lease (name, holder, ends_at_seconds, held_since_seconds)"  # noqa: S608 (`now` is one of two)
        f" VALUES (?, ?, {now} + CAST(? AS DOUBLE PRECISION), {now})"
        " ON CONFLICT (name) DO UPDATE"
        " SET holder = excluded.holder, ends_at_seconds = excluded.ends_at_seconds,"
        f" held_since_seconds = CASE WHEN lease.ends_at_seconds > {now}"
        " AND lease.holder = excluded.holder THEN lease.held_since_seconds"
        " ELSE excluded.held_since_seconds END"
        f" WHERE lease.holder = excluded.holder OR lease.ends_at_seconds <= {now}",
        lease.name,
        lease.holder,
        lease.seconds,
    )
    return written == 1


async def release(lease: Lease) -> None:
    """Let another take over at once."""
    await execute(
        "UPDATE lease SET ends_at_seconds = 0 WHERE name = ? AND holder = ?",
        lease.name,
        lease.holder,
    )


@dataclass(frozen=True, slots=True)
class Held:
    """Who has a lease, and since when; null where that was not written down yet."""

    holder: str
    since: datetime | None


async def held(name: str) -> Held | None:
    """By whom the lease is held at this moment, if by anybody."""
    rows = await fetch(
        "SELECT holder, held_since_seconds FROM lease"  # noqa: S608 (as above)
        f" WHERE name = ? AND ends_at_seconds > {_now()}",
        name,
    )
    if not rows:
        return None
    holder, since = rows[0]
    return Held(holder, None if since is None else datetime.fromtimestamp(since, UTC))


@contextmanager
def bound_to(lease: Lease) -> Iterator[None]:
    """Transactions of the tasks that are begun in here take effect only while the lease is held.

    They raise LeaseLost otherwise: a process that slept past its lease and wakes writes nothing.
    """

    async def require() -> None:
        # Nobody takes over between this look and the commit.
        held = await fetch(
            for_share(
                "SELECT 1 FROM lease WHERE name = ? AND holder = ?"  # noqa: S608 (as above)
                f" AND ends_at_seconds > {_now()}"
            ),
            lease.name,
            lease.holder,
        )
        if not held:
            raise LeaseLost(f"The lease {lease.name} is no longer held by {lease.holder}.")

    with only_if(require):
        yield


def _now() -> str:
    return _POSTGRES_NOW if is_postgres() else _SQLITE_NOW
