"""Contacting a remote cluster for real, and keeping only what has just answered.

The try is made between two transactions: one allows it, the other saves. Nothing waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from domain.actors import Actor
from domain.authentication import TriedTooSoon
from domain.cluster_contacts import note_contact
from domain.clusters import (
    KIND,
    LOCK,
    BadCluster,
    Kept,
    kept_cluster,
    require_fitting,
    require_vault,
    save_edit,
    save_new,
    secrets_of,
)
from domain.database import Change, execute, fetch, lock, operation
from domain.licence import cluster_id as own_id
from domain.refusals import Refusal, Unknown
from domain.roles import Role
from domain.secrets import Secret
from outbound.policy import Policy
from remote.cluster import Failed, Reading, Step
from remote.kubeconfig import read_kubeconfig
from remote.opening import open_cluster
from remote.settings import Settings, decode

CONTACT_SECONDS = 12.0
"""For all requests of one reading. A person may wait for it."""
TRY_EVERY = timedelta(seconds=2)
"""Of one installation: each calls another host."""

MENDING = {
    Step.SETTINGS: "Enter it again.",
    Step.ADDRESS: "Check the URL, and that this machine may reach it.",
    Step.TLS: "Enter the certificate (PEM) of the authority that signed the server's.",
    Step.SIGN_IN: "Enter a token, or a kubeconfig, that is valid there now.",
    Step.RIGHTS: "Have the rights given there, then try again.",
    Step.VERSION: "Check the type and the URL; an older cluster has to be upgraded first.",
    Step.ANSWER: "Look at that cluster's own log, then try again.",
}


@dataclass(eq=False)
class ContactFailed(Refusal):
    """It was contacted for real and that did not work: nothing was changed."""

    step: Step
    reason: str
    mend: str

    def message(self) -> str:
        return f"Nothing was changed: {self.reason} {self.mend}"


@dataclass(eq=False)
class IsItself(Refusal):
    def message(self) -> str:
        return "This is the Quartermaster that you are looking at; add another one."


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """As it was pasted."""

    text: Secret


@dataclass(frozen=True, slots=True)
class Entered:
    """`secrets`: empty, where those that are kept stay."""

    settings: Settings
    secrets: Mapping[str, Secret] = field(default_factory=dict)


async def add_cluster(actor: Actor, name: str, wish: Kubeconfig | Entered, policy: Policy) -> int:
    """Raises: what contacting and `save_new` raise."""
    await _begin_try(actor, None, name)
    entered = _entered(wish)
    reading = await _contact(entered.settings, _plain(entered.secrets), policy)
    cluster_id = await save_new(actor, name, entered.settings, entered.secrets)
    await note_contact(cluster_id, 1, reading, datetime.now(UTC))
    return cluster_id


async def edit_cluster(
    actor: Actor,
    cluster_id: int,
    version: int,
    name: str | None,
    wish: Kubeconfig | Entered | None,
    policy: Policy,
) -> int:
    """`wish` None: as it is. Raises: what contacting and `save_edit` raise."""
    await _begin_try(actor, cluster_id, name or "")
    kept = await kept_cluster(cluster_id)
    if kept is None:
        raise Unknown(KIND, (cluster_id,))
    entered = _entered(wish) if wish is not None else Entered(_settings(kept))
    require_fitting(kept, entered.settings, has_secrets=bool(entered.secrets))
    secrets = _plain(entered.secrets) if entered.secrets else _secrets(kept)
    reading = await _contact(entered.settings, secrets, policy)
    edited = await save_edit(actor, cluster_id, version, name, entered.settings, entered.secrets)
    await note_contact(edited, version + 1, reading, datetime.now(UTC))
    return edited


async def check_cluster(actor: Actor, cluster_id: int, policy: Policy) -> int:
    """Contact one now, and note what came of it. Raises: NotAllowed, Unknown, TriedTooSoon."""
    await _begin_try(actor, cluster_id, "")
    kept = await kept_cluster(cluster_id)
    if kept is None:
        raise Unknown(KIND, (cluster_id,))
    await note_contact(kept.id, kept.version, await contact_kept(kept, policy), datetime.now(UTC))
    return cluster_id


async def contact_kept(kept: Kept, policy: Policy) -> Reading | Failed:
    """What is kept is as little trusted as what is entered: settings are read by the same rules."""
    try:
        return await contact(decode(kept.settings), secrets_of(kept), policy)
    except Failed as failed:
        return failed


async def contact(settings: Settings, secrets: Mapping[str, str], policy: Policy) -> Reading:
    """Raises: Failed."""
    cluster = open_cluster(settings, secrets, policy)
    try:
        async with asyncio.timeout(CONTACT_SECONDS):
            return await cluster.read()
    except TimeoutError:
        raise Failed(Step.ADDRESS, f"It did not answer within {CONTACT_SECONDS:.0f} s.") from None


@operation("remote_cluster.contact", by=Role.OPERATOR)
async def _allow_try(change: Change, cluster_id: int | None, name: str) -> int:
    if cluster_id is not None:
        kept = await kept_cluster(cluster_id)
        if kept is None:
            raise Unknown(KIND, (cluster_id,))
        name = kept.name
    change.tell(KIND, cluster_id, name)
    require_vault()
    await lock(LOCK)
    (row,) = await fetch("SELECT cluster_tried_at FROM installation")
    now, before = datetime.now(UTC), row["cluster_tried_at"]
    if before is not None and now - before < TRY_EVERY:
        raise TriedTooSoon(max(1, -int(-(TRY_EVERY - (now - before)).total_seconds() // 1)))
    await execute("UPDATE installation SET cluster_tried_at = ?", now)
    return 0


async def _begin_try(actor: Actor, cluster_id: int | None, name: str) -> None:
    """It is not what the caller's command id stands for: that is what is saved.

    Raises: NotAllowed, Unknown, TriedTooSoon, NoSecretKey.
    """
    await _allow_try(replace(actor, command_id=None), cluster_id, name[:120])


async def _contact(settings: Settings, secrets: Mapping[str, str], policy: Policy) -> Reading:
    """Raises: BadCluster, ContactFailed, IsItself."""
    try:
        reading = await contact(settings, secrets, policy)
    except Failed as failed:
        raise _refusal(failed) from None
    if reading.installation is not None and reading.installation == await own_id():
        raise IsItself
    return reading


def _entered(wish: Kubeconfig | Entered) -> Entered:
    """Raises: BadCluster."""
    if isinstance(wish, Entered):
        return wish
    try:
        settings, secrets = read_kubeconfig(wish.text.reveal())
    except Failed as failed:
        raise BadCluster(failed.reason) from None
    return Entered(settings, {name: Secret(secret) for name, secret in secrets.items()})


def _settings(kept: Kept) -> Settings:
    try:
        return decode(kept.settings)
    except Failed as failed:
        raise _refusal(failed) from None


def _secrets(kept: Kept) -> dict[str, str]:
    try:
        return secrets_of(kept)
    except Failed as failed:
        raise _refusal(failed) from None


def _refusal(failed: Failed) -> Refusal:
    if failed.step is Step.SETTINGS:
        return BadCluster(failed.reason)
    return ContactFailed(failed.step, failed.reason, MENDING[failed.step])


def _plain(secrets: Mapping[str, Secret]) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in secrets.items()}
