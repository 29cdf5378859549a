"""`quartermaster licence`: for a vendor, keys and licences; for an operator, what is kept here."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from domain import database
from domain.licence import LicenceState, cluster_id, counted, in_words, standing_of
from domain.licence_tokens import Licence, PrivateKey
from domain.snapshot_reader import read_snapshot
from server.settings import PREFIX, Settings

Say = Callable[[str], None]


class LicenceCommandError(Exception):
    """What cannot be done, and what to do instead."""


def make_key(file: Path, say: Say) -> None:
    """A new private key in `file`, which only its owner may read. Raises: LicenceCommandError."""
    key = PrivateKey.generate()
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as new:
            new.write(key.pem)
    except OSError as error:
        raise LicenceCommandError(f"The key cannot be written: {error}.") from error
    say(f"The private key is in {file}: keep it, and show it to nobody.")
    say(f"Installations that are to take its licences have {PREFIX}LICENCE_PUBLIC_KEY set to")
    say(key.public_text)


def issue(
    key_file: Path,
    *,
    customer: str,
    edition: str,
    devices: int | None,
    begins: datetime,
    ends: datetime | timedelta,
    cluster: str | None,
    licence_id: str | None,
    say: Say,
) -> None:
    """Print a licence. `ends`: when, or how long after its beginning.

    Raises: LicenceCommandError, BadLicence.
    """
    try:
        key = PrivateKey(key_file.read_bytes())
    except (OSError, ValueError) as error:
        raise LicenceCommandError(f"{key_file} cannot be used: {error}.") from error
    try:
        expires = begins + ends if isinstance(ends, timedelta) else ends
    except OverflowError:
        raise LicenceCommandError("No licence lasts so long.") from None
    made = Licence(
        id=licence_id or f"L-{secrets.token_hex(6)}",
        customer=customer,
        edition=edition,
        device_limit=devices,
        not_before=begins,
        expires_at=expires,
        cluster_id=cluster,
    )
    say(key.issue(made))


async def show(settings: Settings, say: Say) -> None:
    """What is kept here, and the id that a licence may be bound to.

    Raises: DatabaseUnavailable, SchemaMismatch.
    """
    await database.open_database(settings.database_url, migrate=False)
    try:
        snapshot, own_id = await read_snapshot(), await cluster_id()
    finally:
        await database.close_database()
    devices = counted(snapshot.devices.values())
    now = datetime.now(UTC)
    standing = standing_of(snapshot.licence, settings.licence_key, devices, now)
    say(f"Cluster id:   {own_id or 'not known before the installation'}")
    say(f"Edition:      {standing.edition}")
    if standing.state is LicenceState.COMMUNITY:
        say("There is no licence: the community edition has no limit and does not run out.")
    if (licence := standing.licence) is not None:
        limit = "any number" if licence.device_limit is None else f"{licence.device_limit:,}"
        say(f"Licence:      {licence.id}")
        say(f"Customer:     {licence.customer}")
        say(f"Devices:      {devices:,} of {limit}")
        say(f"Valid:        {in_words(licence.not_before)} to {in_words(licence.expires_at)}")
        say(f"For:          {'this cluster only' if licence.cluster_id else 'any cluster'}")
    for warning in standing.warnings:
        say(f"Warning:      {warning}")


def moment(text: str) -> datetime:
    """A date (its beginning, UTC) or a time with its offset. Raises: ValueError."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time needs its offset, such as Z")
    return at
