"""How long it counts that an OpenID provider has said who somebody is.

Of most providers nobody can be asked for again: who was removed there is not told about, and only
fails to sign in the next time. So what that sign-in gave ends unless it is confirmed: by the next
one, or by the provider's directory, where it has one that the directory watch can ask. LDAP and
GitHub always have one, and need no such end.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from domain.database import execute, transaction
from identity.backend import BackendKind

SESSION = timedelta(hours=12)
TOKEN = timedelta(days=30)
"""A program signs in nowhere: its user has to once in a while, for as long as it runs."""
AGAIN_AFTER = timedelta(hours=1)
AT_ONCE = 500


@transaction
async def confirm(kind: BackendKind, issuer: str, subjects: Collection[str], at: datetime) -> None:
    """The directory has told, no earlier than `at`, that these people are there."""
    every = sorted(subjects)
    for start in range(0, len(every), AT_ONCE):
        await execute(
            'UPDATE "user" SET confirmed_at = ? WHERE provider = ? AND issuer = ?'
            " AND subject IN (?) AND (confirmed_at IS NULL OR confirmed_at < ?)",
            at,
            kind.value,
            issuer,
            every[start : start + AT_ONCE],
            at - AGAIN_AFTER,
        )
