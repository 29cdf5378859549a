"""People whom a backend has shown: who tried to sign in without being on board.

What is kept of them is what the directory said, by their subject there, never by their name.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from tortoise import fields
from tortoise.models import Model

from domain.database import execute, fetch
from domain.names import storable
from identity.backend import BackendKind, Person

NAME_MAX_LENGTH = 120
DISPLAY_NAME_MAX_LENGTH = 200


class KnownPerson(Model):
    """(provider, issuer, subject) is unique."""

    id = fields.IntField(primary_key=True)
    provider = fields.CharField(max_length=40)
    issuer = fields.CharField(max_length=500)
    subject = fields.CharField(max_length=255)
    name = fields.CharField(max_length=NAME_MAX_LENGTH)
    display_name = fields.CharField(max_length=DISPLAY_NAME_MAX_LENGTH, null=True)
    first_seen_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()

    class Meta:
        table = "known_person"
        unique_together = (("provider", "issuer", "subject"),)


async def remember_person(kind: BackendKind, issuer: str, person: Person) -> None:
    now = datetime.now(UTC)
    shown = storable(person.display_name or "", DISPLAY_NAME_MAX_LENGTH) or None
    await execute(
        "INSERT INTO known_person"
        " (provider, issuer, subject, name, display_name, first_seen_at, last_seen_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (provider, issuer, subject) DO UPDATE"
        " SET name = excluded.name, display_name = excluded.display_name,"
        " last_seen_at = excluded.last_seen_at",
        kind.value,
        issuer,
        person.subject,
        storable(person.name, NAME_MAX_LENGTH),
        shown,
        now,
        now,
    )


async def people_who_knocked(
    kind: BackendKind, issuer: str, subjects: Collection[str] | None = None
) -> list[tuple[Person, datetime]]:
    """Who tried to sign in, and when last, by name; `subjects`: only these."""
    rows = await fetch(
        "SELECT subject, name, display_name, last_seen_at FROM known_person"
        " WHERE provider = ? AND issuer = ? ORDER BY name, id",
        kind.value,
        issuer,
    )
    return [
        (Person(row["subject"], row["name"], row["display_name"]), row["last_seen_at"])
        for row in rows
        if subjects is None or row["subject"] in subjects
    ]


async def forget_people(kind: BackendKind, issuer: str, subjects: Collection[str]) -> None:
    """Once they are on board."""
    await execute(
        "DELETE FROM known_person WHERE provider = ? AND issuer = ? AND subject IN (?)",
        kind.value,
        issuer,
        sorted(subjects),
    )
