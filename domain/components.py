"""The parts that the product stands on, as the About screen and `quartermaster doctor` tell them.

What each part is, whether it does its work, and what to do where it does not. Nothing here holds a
URL: one may have a password in it.
"""

from __future__ import annotations

import asyncio
import enum
import time
from dataclasses import dataclass

from domain.database import DatabaseUnavailable, fetch, is_postgres
from domain.leases import CONTROLLER, held
from domain.licence import LicenceState, Standing

WITHIN_SECONDS = 2.0


class ComponentState(enum.Enum):
    """OFF: not used here, which is no trouble."""

    OK = "OK"
    WARNING = "WARNING"
    FAILED = "FAILED"
    OFF = "OFF"


@dataclass(frozen=True, slots=True)
class Component:
    name: str
    state: ComponentState
    kind: str | None
    version: str | None
    detail: str
    remedy: str | None = None


async def of_database() -> Component:
    """Whether it answers, and as what."""
    begun = time.perf_counter()
    kind = "PostgreSQL" if is_postgres() else "SQLite"
    ask = "SHOW server_version" if is_postgres() else "SELECT sqlite_version()"
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            ((version,),) = await fetch(ask)
            took = time.perf_counter() - begun
            ((migration,),) = await fetch("SELECT max(name) FROM migration")
    except Exception as error:
        # Whatever is wrong with it, this is the place where it is told.
        return no_database(kind, error)
    return Component(
        "Database",
        ComponentState.OK,
        kind,
        str(version).partition(" ")[0],  # Debian adds its own
        f"answers in {in_milliseconds(took)}, migrated to {migration}",
    )


def no_database(kind: str | None, error: Exception) -> Component:
    """`error` is said by its kind alone where it is not ours: a driver's may repeat a URL."""
    said = str(error) if isinstance(error, DatabaseUnavailable) else type(error).__name__
    return Component(
        "Database",
        ComponentState.FAILED,
        kind,
        None,
        f"does not answer: {said}",
        "Look whether the server of QUARTERMASTER_DATABASE_URL runs and can be reached.",
    )


async def of_controller() -> Component:
    """Who writes what is reported, by the lease that only one can hold."""
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            lease = await held(CONTROLLER)
    except Exception as error:
        return Component(
            "Controller",
            ComponentState.FAILED,
            None,
            None,
            f"not known while the database does not answer ({type(error).__name__})",
            "Mend the database first.",
        )
    if lease is None:
        return Component(
            "Controller",
            ComponentState.FAILED,
            None,
            None,
            "none is at work: what nodes report is not recorded",
            "Start `quartermaster controller`, or look into its log.",
        )
    host = lease.holder.partition("/")[0]
    since = "" if lease.since is None else f" since {lease.since:%Y-%m-%d %H:%M:%S} UTC"
    return Component("Controller", ComponentState.OK, None, None, f"at work on {host}{since}")


def of_licence(standing: Standing) -> Component:
    is_quiet = not standing.warnings
    if standing.state is LicenceState.COMMUNITY:
        said = "none entered, and none needed: no limit, no end"
    elif standing.licence is None:
        said = "one that cannot be verified"
    else:
        said = f"of {standing.licence.customer}, until {standing.licence.expires_at:%Y-%m-%d}"
    return Component(
        "Licence",
        ComponentState.OK if is_quiet else ComponentState.WARNING,
        standing.edition,
        None,
        said if is_quiet else " ".join(standing.warnings),
        None if is_quiet else "A new licence is entered on the About screen.",
    )


def in_milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
