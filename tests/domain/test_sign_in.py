"""Signing in: the same answer for everyone who may not, limits on guessing, sessions that end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain import passwords
from domain.attempts import FREE_ATTEMPTS_PER_ADDRESS, FREE_ATTEMPTS_PER_NAME
from domain.audit import AuditEntry
from domain.database import close_database, execute, fetch, open_database
from domain.installation import Installed
from domain.roles import Role
from domain.sessions import close_sessions_of, find_session, prune_sessions
from domain.sign_in import SignInRefused, TooManyAttempts, sign_out
from domain.users import User
from tests.services.database import Database
from tests.services.sign_in import sign_in


async def outcome(name: str, password: str, address: str | None = "192.0.2.1") -> object:
    try:
        return await sign_in(name, password, address)
    except (SignInRefused, TooManyAttempts) as refusal:
        return refusal


async def fail_until_blocked(name: str, address: str | None = None) -> TooManyAttempts:
    for _ in range(FREE_ATTEMPTS_PER_NAME + 1):
        refusal = await outcome(name, "wrong", address)
        if isinstance(refusal, TooManyAttempts):
            return refusal
    raise AssertionError("was never blocked")


async def test_the_operator_signs_in_and_is_seen_with_all_roles(installed: Installed) -> None:
    assert installed.password
    viewer, secret = await sign_in("Ada", installed.password, "192.0.2.1")
    found = await find_session(secret)
    assert found is not None
    assert (found.user_id, found.credential) == (viewer.user_id, viewer.credential)
    assert viewer.expires_at <= datetime.now(UTC) + timedelta(hours=12)
    assert viewer.roles == {Role.OPERATOR, Role.DATA_SCIENTIST}
    assert (await User.get(id=viewer.user_id)).last_sign_in_at is not None


@pytest.mark.spec("T-15")
async def test_known_and_unknown_names_get_the_same_answer_for_the_same_work(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes: list[str] = []
    verify = passwords._hasher.verify

    class Watched:
        def verify(self, password_hash: str, password: str) -> bool:
            hashes.append(password_hash)
            return bool(verify(password_hash, password))

        hash = staticmethod(passwords._hasher.hash)

    monkeypatch.setattr(passwords, "_hasher", Watched())
    known, unknown = await outcome("ada", "wrong"), await outcome("nobody", "wrong")
    assert type(known) is type(unknown) is SignInRefused
    assert str(known) == str(unknown)
    parameters = [one.rsplit("$", 2)[0] for one in hashes]  # algorithm, memory, passes, lanes
    assert len(parameters) == 2
    assert parameters[0] == parameters[1]


@pytest.mark.spec("T-15")
async def test_a_name_is_the_same_in_any_case_width_and_spacing(installed: Installed) -> None:
    assert installed.password
    viewer, _ = await sign_in(" ＡＤＡ ", installed.password, None)
    assert viewer.name == "ada"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("", "x"),
        ("ada", ""),
        ("ada\x00", "x"),
        ("a" * 121, "x"),
        ("ada", "x" * 1025),
        ("' OR 1=1 --", "x"),
    ],
)
@pytest.mark.spec("T-54")
async def test_odd_names_and_passwords_are_refused_like_wrong_ones(
    installed: Installed, name: str, password: str
) -> None:
    assert isinstance(await outcome(name, password), SignInRefused)


@pytest.mark.spec("T-13")
async def test_after_some_failures_even_the_right_password_has_to_wait(
    installed: Installed,
) -> None:
    assert installed.password
    refusal = await fail_until_blocked("ada")
    assert refusal.retry_after_seconds >= 1
    assert isinstance(await outcome("ADA", installed.password), TooManyAttempts)


@pytest.mark.spec("T-13")
async def test_the_wait_grows_and_ends(installed: Installed) -> None:
    assert installed.password
    first = await fail_until_blocked("ada")
    await execute("UPDATE sign_in_failure SET failures = failures + 4")
    later = await outcome("ada", "wrong", None)
    assert isinstance(later, TooManyAttempts)
    assert later.retry_after_seconds > first.retry_after_seconds
    await execute(
        "UPDATE sign_in_failure SET last_at = ?", datetime.now(UTC) - timedelta(minutes=6)
    )
    viewer, _ = await sign_in("ada", installed.password, None)
    assert viewer.name == "ada"
    assert await fetch("SELECT 1 FROM sign_in_failure") == []


@pytest.mark.spec("T-13")
async def test_the_count_survives_a_restart(installed: Installed, database: Database) -> None:
    await fail_until_blocked("ada")
    await close_database()
    await open_database(database.url, migrate=False)
    assert isinstance(await outcome("ada", "wrong"), TooManyAttempts)


@pytest.mark.spec("T-13")
async def test_a_hundred_thousand_other_names_do_not_push_out_the_victims_count(
    installed: Installed,
) -> None:
    await fail_until_blocked("ada")
    await execute("UPDATE sign_in_failure SET failures = 40")  # the longest delay: minutes
    now = datetime.now(UTC)
    await execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
        " INSERT INTO sign_in_failure (subject, failures, last_at)"
        " SELECT 'name:other' || i, 1, last_at FROM n, (SELECT last_at FROM sign_in_failure) x",
    )
    await outcome("somebody", "wrong")
    assert isinstance(await outcome("ada", "wrong"), TooManyAttempts)
    assert (await fetch("SELECT count(*) AS n FROM sign_in_failure WHERE last_at > ?", now))[0]["n"]


@pytest.mark.spec("T-13")
async def test_old_failures_are_forgotten(installed: Installed) -> None:
    await outcome("ada", "wrong", None)
    await execute("UPDATE sign_in_failure SET last_at = ?", datetime.now(UTC) - timedelta(hours=25))
    await outcome("somebody", "wrong", None)
    rows = await fetch("SELECT subject FROM sign_in_failure")
    assert [row["subject"] for row in rows] == ["name:somebody"]


@pytest.mark.spec("T-13", "T-14")
async def test_fifty_guesses_at_once_are_counted_like_fifty_in_a_row(installed: Installed) -> None:
    results = await asyncio.gather(*(outcome("ada", f"guess {n}", None) for n in range(50)))
    tried = [one for one in results if isinstance(one, SignInRefused)]
    assert len(tried) == FREE_ATTEMPTS_PER_NAME


@pytest.mark.spec("T-13")
async def test_one_address_that_tries_many_names_is_stopped(installed: Installed) -> None:
    now = datetime.now(UTC)
    await execute(
        "INSERT INTO sign_in_failure (subject, failures, last_at) VALUES (?, ?, ?)",
        "address:2001:db8::/64",
        FREE_ATTEMPTS_PER_ADDRESS,
        now + timedelta(seconds=60),
    )
    assert isinstance(await outcome("grace", "wrong", "2001:db8::1:2"), TooManyAttempts)
    assert isinstance(await outcome("grace", "wrong", "2001:db8:1::1"), SignInRefused)


@pytest.mark.spec("T-13")
async def test_without_its_counters_sign_in_is_refused_and_not_unlimited(
    installed: Installed,
) -> None:
    assert installed.password
    await execute("DROP TABLE sign_in_failure")
    with pytest.raises(Exception, match="sign_in_failure"):
        await sign_in("ada", installed.password, None)


@pytest.mark.spec("T-18")
async def test_signing_in_changes_the_session_and_ends_the_former(installed: Installed) -> None:
    assert installed.password
    _, first = await sign_in("ada", installed.password, None)
    _, second = await sign_in("ada", installed.password, None, former_secret=first)
    assert first != second
    assert await find_session(first) is None
    assert await find_session(second) is not None


@pytest.mark.spec("T-18")
async def test_a_session_ends_with_signing_out(installed: Installed) -> None:
    assert installed.password
    _, secret = await sign_in("ada", installed.password, None)
    await sign_out(secret)
    assert await find_session(secret) is None
    await sign_out(secret)


@pytest.mark.spec("T-18")
@pytest.mark.parametrize(
    ("column", "past"),
    [
        ("last_used_at", timedelta(hours=12, minutes=1)),
        ("expires_at", timedelta(seconds=1)),
    ],
)
async def test_a_session_ends_by_age_and_by_lying_unused(
    installed: Installed, column: str, past: timedelta
) -> None:
    assert installed.password
    _, secret = await sign_in("ada", installed.password, None)
    await execute(f"UPDATE session SET {column} = ?", datetime.now(UTC) - past)
    assert await find_session(secret) is None
    assert await prune_sessions() == 1


@pytest.mark.spec("T-18")
async def test_all_sessions_of_a_user_can_be_closed(installed: Installed) -> None:
    assert installed.password
    viewer, one = await sign_in("ada", installed.password, None)
    _, other = await sign_in("ada", installed.password, None)
    await close_sessions_of(viewer.user_id)
    assert [await find_session(one), await find_session(other)] == [None, None]


async def test_using_a_session_is_written_down_once_a_minute_at_most(installed: Installed) -> None:
    assert installed.password
    _, secret = await sign_in("ada", installed.password, None)
    opened = (await fetch("SELECT last_used_at FROM session"))[0]["last_used_at"]
    await find_session(secret)
    assert (await fetch("SELECT last_used_at FROM session"))[0]["last_used_at"] == opened
    await execute("UPDATE session SET last_used_at = ?", opened - timedelta(minutes=2))
    await find_session(secret)
    assert (await fetch("SELECT last_used_at FROM session"))[0]["last_used_at"] >= opened


@pytest.mark.spec("T-45")
async def test_neither_the_password_nor_the_sessions_secret_is_stored_anywhere(
    installed: Installed,
) -> None:
    assert installed.password
    _, secret = await sign_in("ada", installed.password, "192.0.2.1")
    await outcome("ada", "wrong-canary")
    for table in ("session", "audit_entry", '"user"', "sign_in_failure", "outbox"):
        for row in await fetch(f"SELECT * FROM {table}"):
            text = " ".join(str(value) for value in row)
            assert secret not in text
            assert installed.password not in text
            assert "wrong-canary" not in text


async def test_success_and_failure_are_audited_with_the_address(installed: Installed) -> None:
    assert installed.password
    await outcome("ada", "wrong")
    await sign_in("ada", installed.password, "192.0.2.1")
    entries = await AuditEntry.filter(action="user.sign_in").order_by("id")
    assert [(one.outcome, one.address) for one in entries] == [
        ("SignInRefused", "192.0.2.1"),
        ("done", "192.0.2.1"),
    ]
