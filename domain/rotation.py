"""Sealing everything anew under the newest key, so that the older ones can be put away.

It is all or nothing, in one transaction. Until the older keys are put away either key opens
whatever is there, and so an end at any moment loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from domain import authentication, clusters, dvs, sign_in_redirects, webhooks
from domain.credentials import ByToken
from domain.database import Change, Row, execute, fetch, for_update, operation
from domain.roles import Role
from domain.secrets import SealedColumn, Unsealable, Vault

SEALED: tuple[SealedColumn, ...] = (
    authentication.SEALED,
    dvs.SEALED,
    clusters.SEALED,
    sign_in_redirects.SEALED,
    webhooks.SEALED,
)
"""Every column that holds sealed values; the name of each begins with "sealed"."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """How many values are under the newest key, under older ones, and under none that is known."""

    newest: int = 0
    older: int = 0
    unreadable: int = 0

    def __add__(self, other: Sealed) -> Sealed:
        return Sealed(
            self.newest + other.newest,
            self.older + other.older,
            self.unreadable + other.unreadable,
        )


async def count_sealed(vault: Vault) -> Sealed:
    """As things are; nothing is changed."""
    total = Sealed()
    for column in SEALED:
        for row in await fetch(f'SELECT * FROM "{column.table}"'):  # noqa: S608
            for name, text in _values(column, row):
                total += _count(vault, text, column.purpose(row, name))
    return total


@operation("secrets.rotate", by=Role.OPERATOR, by_token=ByToken.NEVER)
async def reseal(change: Change, vault: Vault) -> Sealed:
    """Put what is under older keys under the newest; what it was before.

    What no key opens stays as it is: it is lost no more than before.
    """
    total = Sealed()
    for column in SEALED:
        select = f'SELECT * FROM "{column.table}" ORDER BY id'  # noqa: S608
        for row in await fetch(for_update(select)):
            total += await _reseal_row(vault, column, row)
    after = {"key": vault.key_id, "sealed anew": total.older, "unreadable": total.unreadable}
    change.tell("secrets", None, "all secrets", after=after)
    return total


async def _reseal_row(vault: Vault, column: SealedColumn, row: Row) -> Sealed:
    total, texts = Sealed(), dict(_values(column, row))
    for name, text in texts.items():
        purpose = column.purpose(row, name)
        counted = _count(vault, text, purpose)
        if counted.older:
            texts[name] = vault.seal(vault.open(text, purpose), purpose)
        total += counted
    if total.older:
        new: Any = msgspec.json.encode(texts).decode() if column.is_json else texts[""]
        await execute(
            f'UPDATE "{column.table}" SET {column.column} = ? WHERE id = ?',  # noqa: S608
            new,
            row["id"],
        )
    return total


def _count(vault: Vault, text: str, purpose: str) -> Sealed:
    try:
        vault.open(text, purpose)
    except Unsealable:
        return Sealed(unreadable=1)
    return Sealed(newest=1) if vault.is_newest(text) else Sealed(older=1)


def _values(column: SealedColumn, row: Row) -> Iterator[tuple[str, str]]:
    if column.is_json:
        yield from msgspec.json.decode(row[column.column], type=dict[str, str]).items()
    else:
        yield "", row[column.column]
