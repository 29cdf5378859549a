"""The Feature Store, which uses a DVS target."""

from __future__ import annotations

from typing import Any

import strawberry

from domain.feature_store import FeatureStoreRow
from resolvers import feature_store
from schema.dvs import DvsTarget
from schema.fields import field
from schema.relay import Node
from schema.scalars import DateTime

SetFeatureStoreTargetInput = strawberry.input(feature_store.SetFeatureStoreTargetInput)
UnlockFeatureStoreInput = strawberry.input(feature_store.UnlockFeatureStoreInput)
MarkFeatureStoreUsedInput = strawberry.input(feature_store.MarkFeatureStoreUsedInput)


@strawberry.type(description="Where features are kept. Its target is locked once it has been used.")
class FeatureStore(Node):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, FeatureStoreRow)

    target: DvsTarget | None = field(feature_store.target)
    is_locked: bool = field(feature_store.is_locked)
    used_at: DateTime | None = strawberry.field(description="First, since it was unlocked last.")
    used_by: str | None
    version: int = strawberry.field(description="To be sent with a change; it grows with each.")


@strawberry.type(description="The Feature Store has been used, and its target is locked.")
class FeatureStoreUsed:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, feature_store.FeatureStoreUsed)

    since: DateTime | None
