"""Limits on guessing passwords, tokens and codes: counted in the database, per name and address.

An attempt is counted before the password is tried, so that many at once are no way round; a
success takes the count back. Nobody else's names can push a count out, as a memory cache would.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

from domain.database import execute, fetch, lock, transaction

FORGOTTEN_AFTER = timedelta(hours=24)
FREE_ATTEMPTS_PER_NAME = 5
FREE_ATTEMPTS_PER_ADDRESS = 30
LONGEST_DELAY_PER_NAME = timedelta(minutes=5)
"""Short enough that a stranger who fails on purpose does not shut the real user out for long."""
LONGEST_DELAY_PER_ADDRESS = timedelta(minutes=15)


def subject_of_name(name_key: str) -> str:
    return f"name:{name_key}"


def subject_of_address(address: str) -> str:
    """An IPv6 host has a whole /64 to itself: that is what counts."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return f"address:{address}"
    if ip.version == 6:
        return f"address:{ipaddress.ip_network((ip, 64), strict=False)}"
    return f"address:{ip}"


@transaction
async def begin_attempt(name_key: str, address: str | None) -> int:
    """Count an attempt: 0; or, after too many, count none: the seconds still to wait."""
    now = datetime.now(UTC)
    subjects = [subject_of_name(name_key)]
    if address is not None:
        subjects.append(subject_of_address(address))
    for subject in sorted(subjects):
        await lock(subject)
    wait = max([await _seconds_to_wait(subject, now) for subject in subjects])
    if wait > 0:
        return wait
    for subject in subjects:
        await _count(subject, now)
    await execute("DELETE FROM sign_in_failure WHERE last_at < ?", now - FORGOTTEN_AFTER)
    return 0


@transaction
async def forget_attempts(name_key: str, address: str | None = None) -> None:
    """After a success the name starts anew; its address only gets this one attempt back."""
    await execute("DELETE FROM sign_in_failure WHERE subject = ?", subject_of_name(name_key))
    if address is not None:
        await execute(
            "UPDATE sign_in_failure SET failures = failures - 1 WHERE subject = ? AND failures > 0",
            subject_of_address(address),
        )


async def wait_of_guesses(address: str) -> int:
    """Seconds in which no token from there is looked at, after too many that never were one."""
    return await _seconds_to_wait(_subject_of_guesses(address), datetime.now(UTC))


async def count_guess(address: str) -> None:
    await _count(_subject_of_guesses(address), datetime.now(UTC))


def _subject_of_guesses(address: str) -> str:
    return f"guess:{subject_of_address(address)}"


async def _count(subject: str, now: datetime) -> None:
    await execute(
        "INSERT INTO sign_in_failure (subject, failures, last_at) VALUES (?, 1, ?)"
        " ON CONFLICT (subject) DO UPDATE"
        " SET failures = sign_in_failure.failures + 1, last_at = excluded.last_at",
        subject,
        now,
    )


async def _seconds_to_wait(subject: str, now: datetime) -> int:
    rows = await fetch("SELECT failures, last_at FROM sign_in_failure WHERE subject = ?", subject)
    if not rows:
        return 0
    delay = _delay(subject, rows[0]["failures"])
    if not delay:  # another's attempt may be counted a moment after `now`
        return 0
    left = rows[0]["last_at"] + delay - now
    return max(0, -int(-left.total_seconds() // 1))  # rounded up


def _delay(subject: str, failures: int) -> timedelta:
    """Nothing at first, then doubling from one second to the longest."""
    by_name = subject.startswith("name:")
    free = FREE_ATTEMPTS_PER_NAME if by_name else FREE_ATTEMPTS_PER_ADDRESS
    longest = LONGEST_DELAY_PER_NAME if by_name else LONGEST_DELAY_PER_ADDRESS
    if failures < free:
        return timedelta(0)
    return min(longest, timedelta(seconds=2 ** min(failures - free, 20)))
