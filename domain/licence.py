"""The licence: entering one, and what the one that is kept says today.

It warns and stops nothing: jobs, pools and people go on whatever it says. Without one this is the
community edition, which has no limit.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tortoise import fields
from tortoise.models import Model

from domain.database import Change, execute, fetch, lock, operation
from domain.licence_tokens import BadLicence, ForeignLicence, Licence, PublicKey
from domain.refusals import Refusal
from domain.roles import Role
from domain.secrets import Secret
from domain.snapshot import DeviceRow, LicenceRow

ID = 1
"""Of the one row."""
COMMUNITY = "Community"
WARN_BEFORE = timedelta(days=30)
LEEWAY = timedelta(seconds=60)
"""Between the vendor's clock and ours."""
DAY = timedelta(days=1)


class LicenceTable(Model):
    """The token is kept, not what it said: who edits the row by hand has no licence."""

    id = fields.IntField(primary_key=True, generated=False)
    token = fields.TextField()
    entered_at = fields.DatetimeField()
    entered_by = fields.CharField(max_length=120)

    class Meta:
        table = "licence"


@dataclass(eq=False)
class LicenceOfOtherCluster(Refusal):
    cluster_id: str

    def message(self) -> str:
        return (
            "This licence is for another cluster. Ask for one for this cluster, whose id is "
            f"{self.cluster_id}."
        )


@dataclass(eq=False)
class LicenceExpired(Refusal):
    expired_at: datetime

    def message(self) -> str:
        return f"This licence ran out on {in_words(self.expired_at)}. Ask for a new one."


@dataclass(eq=False)
class LicenceNotYetValid(Refusal):
    valid_from: datetime

    def message(self) -> str:
        return (
            f"This licence is valid from {in_words(self.valid_from)} on. Enter it then, or look "
            "whether the clock of the server is wrong."
        )


class LicenceState(enum.Enum):
    COMMUNITY = "COMMUNITY"
    VALID = "VALID"
    EXPIRING = "EXPIRING"
    EXPIRED = "EXPIRED"
    UNVERIFIED = "UNVERIFIED"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the licence that is kept says today. `licence` is null for the community edition, and
    for one that cannot be verified."""

    state: LicenceState
    licence: Licence | None
    devices: int
    days_left: int | None  # begun ones count
    warnings: tuple[str, ...]

    @property
    def edition(self) -> str:
        return COMMUNITY if self.licence is None else self.licence.edition


@operation("licence.replace", by=Role.OPERATOR)
async def replace_licence(change: Change, token: Secret, key: PublicKey) -> int:
    """Put a licence in the place of the one that is kept.

    Raises: NotAllowed, BadLicence, ForeignLicence, LicenceOfOtherCluster, LicenceExpired,
    LicenceNotYetValid.
    """
    change.tell("licence", ID, "licence", after={})
    licence = key.read(token)
    change.tell("licence", ID, licence.customer, after=_said(licence))
    await _require_this_cluster(licence)
    now = datetime.now(UTC)
    _require_its_time(licence, now)
    await lock("licence")
    before = await _kept(key)
    await execute("DELETE FROM licence WHERE id = ?", ID)
    await execute(
        "INSERT INTO licence (id, token, entered_at, entered_by) VALUES (?, ?, ?, ?)",
        ID,
        token.reveal(),
        now,
        change.actor.name,
    )
    change.tell("licence", ID, licence.customer, before=before, after=_said(licence))
    change.announce("licence", ID)
    return ID


def standing_of(row: LicenceRow | None, key: PublicKey, devices: int, now: datetime) -> Standing:
    """`devices`: how many there are of those that a licence counts."""
    if row is None:
        return Standing(LicenceState.COMMUNITY, None, devices, None, ())
    try:
        licence = key.read(Secret(row.token))
    except (BadLicence, ForeignLicence):
        warning = (
            "The licence that is kept was not signed with the key that this installation trusts "
            "now. Enter the licence anew, or set the key that it needs."
        )
        return Standing(LicenceState.UNVERIFIED, None, devices, None, (warning,))
    left = licence.expires_at - now
    days = math.ceil(left / DAY)
    if left <= timedelta(0):
        state = LicenceState.EXPIRED
    else:
        state = LicenceState.EXPIRING if left <= WARN_BEFORE else LicenceState.VALID
    return Standing(state, licence, devices, days, tuple(_warnings(licence, state, devices, days)))


def counted(devices: Iterable[DeviceRow]) -> int:
    """What a device limit counts: the cards that are there, not the parts that MIG cuts them to."""
    return sum(
        device.mig_parent_uuid is None and device.missing_since is None for device in devices
    )


async def cluster_id() -> str | None:
    """What a licence may name; null before the installation."""
    rows = await fetch("SELECT cluster_id FROM installation WHERE id = 1")
    return rows[0]["cluster_id"] if rows else None


def in_words(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _warnings(licence: Licence, state: LicenceState, devices: int, days: int) -> Iterator[str]:
    if state is LicenceState.EXPIRING:
        when = "within a day" if days <= 1 else f"in {days} days"
        yield f"The licence runs out {when}, on {in_words(licence.expires_at)}."
    if state is LicenceState.EXPIRED:
        yield f"The licence ran out on {in_words(licence.expires_at)}. Everything goes on running."
    if licence.device_limit is not None and devices > licence.device_limit:
        yield (
            f"There are {devices:,} devices, and the licence is for {licence.device_limit:,}. "
            "All of them go on running."
        )


async def _require_this_cluster(licence: Licence) -> None:
    own = await cluster_id()
    if licence.cluster_id is not None and licence.cluster_id != own:
        raise LicenceOfOtherCluster(own or "not known yet")


def _require_its_time(licence: Licence, now: datetime) -> None:
    if licence.expires_at <= now - LEEWAY:
        raise LicenceExpired(licence.expires_at)
    if licence.not_before > now + LEEWAY:
        raise LicenceNotYetValid(licence.not_before)


async def _kept(key: PublicKey) -> dict[str, object] | None:
    rows = await fetch("SELECT token FROM licence WHERE id = ?", ID)
    if not rows:
        return None
    try:
        return _said(key.read(Secret(rows[0]["token"])))
    except (BadLicence, ForeignLicence):
        return {"id": "not to be verified"}


def _said(licence: Licence) -> dict[str, object]:
    """As the audit log tells it: never the token."""
    return {
        "id": licence.id,
        "customer": licence.customer,
        "edition": licence.edition,
        "devices": licence.device_limit,
        "not before": licence.not_before.isoformat(),
        "expires": licence.expires_at.isoformat(),
        "cluster": licence.cluster_id,
    }
