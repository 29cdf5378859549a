"""The migrations in their order.

Additive only: new tables, and new columns that are null or have a default. A released migration
never changes. One that must rebuild a table copies its rows by hand.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from domain.database.migrations import (
    m0001_foundation,
    m0002_history,
    m0003_webhooks,
    m0004_cordon,
    m0005_identity,
    m0006_sign_in_redirects,
    m0007_tokens,
    m0008_licence,
    m0009_dvs,
    m0010_remote_clusters,
    m0011_enforcement,
    m0012_confirmations,
)


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    apply: Callable[[], Awaitable[None]]


ALL: tuple[Migration, ...] = (
    Migration("0001_foundation", m0001_foundation.apply),
    Migration("0002_history", m0002_history.apply),
    Migration("0003_webhooks", m0003_webhooks.apply),
    Migration("0004_cordon", m0004_cordon.apply),
    Migration("0005_identity", m0005_identity.apply),
    Migration("0006_sign_in_redirects", m0006_sign_in_redirects.apply),
    Migration("0007_tokens", m0007_tokens.apply),
    Migration("0008_licence", m0008_licence.apply),
    Migration("0009_dvs", m0009_dvs.apply),
    Migration("0010_remote_clusters", m0010_remote_clusters.apply),
    Migration("0011_enforcement", m0011_enforcement.apply),
    Migration("0012_confirmations", m0012_confirmations.apply),
)
