"""The domain's refusals as types of the schema: what a mutation answers when it does nothing."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Union, cast, get_type_hints

import strawberry

import domain.authentication
import domain.cluster_trials
import domain.clusters
import domain.cordon
import domain.device_requests
import domain.dvs
import domain.feature_store
import domain.groups
import domain.licence
import domain.licence_tokens
import domain.pools
import domain.refusals
import domain.tokens
import domain.users
import domain.webhooks
import remote.cluster
from domain.audit_log import entries_by_id
from domain.refusals import Named
from domain.roles import Role
from resolvers.ids import NAMES_OF_KINDS, global_id
from resolvers.mutations import Refused
from schema.audit import AuditEntry
from schema.fields import field
from schema.scalars import DateTime
from sources.failures import Part, Step

strawberry.enum(Part, name="DvsPart", description="Of a DVS target.")
strawberry.enum(Step, name="DvsStep", description="Of the check of a part.")


def _message(root: Refused) -> str:
    return root.refusal.message()


@strawberry.interface(description="Why nothing was done, and what to do about it.")
class Refusal:
    message: str = field(_message, description="For people.")


@strawberry.type(description="An object that is in the way, by its name at that time.")
class NamedObject:
    @strawberry.field
    def id(root: Named) -> strawberry.ID:  # noqa: N805 (a row is no self)
        return strawberry.ID(global_id(NAMES_OF_KINDS[root.kind], root.id))

    name: str


def _property(name: str) -> Callable[..., Any]:
    def answer(root: Refused) -> Any:
        return getattr(root.refusal, name)

    return answer


def _ids(name: str) -> Callable[..., Any]:
    """The property `device_ids` as global ids; those of `ids` are of the refusal's `kind`."""

    def answer(root: Refused) -> list[strawberry.ID]:
        kind = name.removesuffix("_ids") if name != "ids" else cast(Any, root.refusal).kind
        numbers = getattr(root.refusal, name)
        return [strawberry.ID(global_id(NAMES_OF_KINDS[kind], number)) for number in numbers]

    return answer


SHOWN_AS: dict[Any, Any] = {
    str: str,
    int: int,
    Named: NamedObject,
    Named | None: NamedObject | None,
    tuple[Named, ...]: list[NamedObject],
    tuple[Role, ...]: list[Role],
    tuple[str, ...]: list[str],
    Role: Role,
    Part: Part,
    Step: Step,
    datetime: DateTime,
    remote.cluster.Step: remote.cluster.Step,
}
"""What a property of a refusal is in the schema, by its type in the domain."""


def refusal(of: type[domain.refusals.Refusal]) -> Any:
    """The type of the schema for a refusal of the domain, property by property."""
    annotations: dict[str, Any] = {}
    members: dict[str, Any] = {}
    hints = get_type_hints(of)
    for one in dataclasses.fields(cast(Any, of)):
        if one.name == "ids" or one.name.endswith("_ids"):
            members[one.name] = strawberry.field(resolver=_ids(one.name))
        elif one.name != "kind":
            annotations[one.name] = SHOWN_AS[hints[one.name]]
            members[one.name] = field(_property(one.name))
    members["__annotations__"] = annotations
    members["__module__"] = __name__
    members["is_type_of"] = classmethod(lambda cls, value, info: _is(value, of))
    description = inspect.getdoc(of) if "__doc__" in vars(of) and not _is_generated(of) else None
    return strawberry.type(type(of.__name__, (Refusal,), members), description=description)


def _is(value: object, of: type[domain.refusals.Refusal]) -> bool:
    return isinstance(value, Refused) and type(value.refusal) is of


def _is_generated(of: type) -> bool:
    """A dataclass without a docstring gets its signature for one."""
    return (of.__doc__ or "").startswith(f"{of.__name__}(")


NotAllowed = refusal(domain.refusals.NotAllowed)
TokenOnlyReads = refusal(domain.refusals.TokenOnlyReads)
NotByToken = refusal(domain.refusals.NotByToken)
BadName = refusal(domain.refusals.BadName)
NameTaken = refusal(domain.refusals.NameTaken)
Unknown = refusal(domain.refusals.Unknown)
CommandReused = refusal(domain.refusals.CommandReused)
NoDevices = refusal(domain.pools.NoDevices)
MixedDeviceTypes = refusal(domain.pools.MixedDeviceTypes)
DevicesInOtherPool = refusal(domain.pools.DevicesInOtherPool)
DevicesBusy = refusal(domain.pools.DevicesBusy)
PoolBusy = refusal(domain.pools.PoolBusy)
PoolInUse = refusal(domain.pools.PoolInUse)
GroupHasPool = refusal(domain.pools.GroupHasPool)
DefaultPoolStays = refusal(domain.pools.DefaultPoolStays)
NothingChosen = refusal(domain.cordon.NothingChosen)
BadReason = refusal(domain.cordon.BadReason)
OutOfService = refusal(domain.cordon.OutOfService)
InService = refusal(domain.cordon.InService)
NodeOutOfService = refusal(domain.cordon.NodeOutOfService)
UsersInOtherGroup = refusal(domain.groups.UsersInOtherGroup)
GroupNotEmpty = refusal(domain.groups.GroupNotEmpty)
DefaultGroupStays = refusal(domain.groups.DefaultGroupStays)
NobodyChosen = refusal(domain.users.NobodyChosen)
TooManyAtOnce = refusal(domain.users.TooManyAtOnce)
NamedTwice = refusal(domain.users.NamedTwice)
OnBoardAlready = refusal(domain.users.OnBoardAlready)
NotOfBackend = refusal(domain.users.NotOfBackend)
PasswordElsewhere = refusal(domain.users.PasswordElsewhere)
BackendFailed = refusal(domain.authentication.BackendFailed)
BackendSecretNeeded = refusal(domain.authentication.BackendSecretNeeded)
SecretsNotKept = refusal(domain.authentication.SecretsNotKept)
TriedTooSoon = refusal(domain.authentication.TriedTooSoon)
NoLocalOperator = refusal(domain.authentication.NoLocalOperator)
NoOtherWayIn = refusal(domain.authentication.NoOtherWayIn)
LastOperator = refusal(domain.users.LastOperator)
OwnRoles = refusal(domain.users.OwnRoles)
OwnAccount = refusal(domain.users.OwnAccount)
UserBusy = refusal(domain.users.UserBusy)
BadWebhookUrl = refusal(domain.webhooks.BadWebhookUrl)
BadWebhookSecret = refusal(domain.webhooks.BadWebhookSecret)
SecretNeeded = refusal(domain.webhooks.SecretNeeded)
NoSecretKey = refusal(domain.webhooks.NoSecretKey)
TooManyWebhooks = refusal(domain.webhooks.TooManyWebhooks)
TestedTooSoon = refusal(domain.webhooks.TestedTooSoon)
BadLicence = refusal(domain.licence_tokens.BadLicence)
ForeignLicence = refusal(domain.licence_tokens.ForeignLicence)
LicenceOfOtherCluster = refusal(domain.licence.LicenceOfOtherCluster)
LicenceExpired = refusal(domain.licence.LicenceExpired)
LicenceNotYetValid = refusal(domain.licence.LicenceNotYetValid)
BadCluster = refusal(domain.clusters.BadCluster)
ClusterSecretsNeeded = refusal(domain.clusters.ClusterSecretsNeeded)
KindStays = refusal(domain.clusters.KindStays)
TooManyClusters = refusal(domain.clusters.TooManyClusters)
ClusterInUse = refusal(domain.clusters.ClusterInUse)
ContactFailed = refusal(domain.cluster_trials.ContactFailed)
IsItself = refusal(domain.cluster_trials.IsItself)
BadLifetime = refusal(domain.tokens.BadLifetime)
TooManyTokens = refusal(domain.tokens.TooManyTokens)
DvsTargetFailed = refusal(domain.dvs.DvsTargetFailed)
DvsSecretNeeded = refusal(domain.dvs.DvsSecretNeeded)
DvsTargetInUse = refusal(domain.dvs.DvsTargetInUse)
DefaultTargetStays = refusal(domain.dvs.DefaultTargetStays)
TooManyTargets = refusal(domain.dvs.TooManyTargets)
FeatureStoreLocked = refusal(domain.feature_store.FeatureStoreLocked)
FeatureStoreNotLocked = refusal(domain.feature_store.FeatureStoreNotLocked)
NotConfirmed = refusal(domain.feature_store.NotConfirmed)
CodeUnknown = refusal(domain.device_requests.CodeUnknown)
GuessedTooOften = refusal(domain.device_requests.GuessedTooOften)


async def _changes(root: Refused) -> list[Any]:
    stale = root.refusal
    assert isinstance(stale, domain.refusals.StaleEdit)
    return list(await entries_by_id(stale.entry_ids))


@strawberry.type(description="The object was changed after it was read.")
class StaleEdit(Refusal):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return _is(value, domain.refusals.StaleEdit)

    version: int = field(_property("version"), description="Of the object now.")
    changed_by: list[str] = field(_property("changed_by"))
    changes: list[AuditEntry] = field(_changes, description="What came between, oldest first.")


def _item_id(root: domain.refusals.RefusedItem) -> strawberry.ID | None:
    return None if root.id is None else strawberry.ID(global_id(NAMES_OF_KINDS[root.kind], root.id))


def _reasons(root: domain.refusals.RefusedItem) -> list[Refused]:
    return [Refused(reason) for reason in root.reasons]


@strawberry.type(description="Why one of several cannot be changed.")
class RefusedItem:
    id: strawberry.ID | None = field(_item_id, description="Null: it does not exist yet.")
    name: str
    reasons: list[Refusal] = field(_reasons)


@strawberry.type(description="Of several at once, all are changed or none: these are in the way.")
class ItemsRefused(Refusal):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return _is(value, domain.refusals.ItemsRefused)

    of: int = field(_property("of"), description="How many were to be changed.")
    items: list[RefusedItem] = field(_property("items"))


ALWAYS = (NotAllowed, Unknown, CommandReused, TokenOnlyReads, NotByToken)
"""What every mutation may be refused for."""


def result(name: str, success: Any, *refusals: Any) -> Any:
    """The union that a mutation answers with: what it made, or why it did nothing."""
    return Annotated[Union[(success, *ALWAYS, *refusals)], strawberry.union(name)]


ALL = [one for one in vars().values() if isinstance(one, type) and issubclass(one, Refusal)]
"""For the schema: some of these are met only behind the interface."""
