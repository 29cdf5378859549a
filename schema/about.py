"""What runs here, for operators; its version and the licence's edition for everyone."""

from __future__ import annotations

import strawberry

from domain.components import ComponentState
from resolvers import about as resolve
from schema.fields import for_operators
from schema.licence import Licence
from schema.scalars import DateTime

strawberry.enum(ComponentState)


@strawberry.type(description="A part that the product stands on, as it is at this moment.")
class Component:
    name: str
    state: ComponentState
    kind: str | None = strawberry.field(description='"PostgreSQL".')
    version: str | None
    detail: str
    remedy: str | None = strawberry.field(description="What to do, where something is wrong.")


@strawberry.type(description="The nodes that run one version of the collector.")
class CollectorVersion:
    version: str | None = strawberry.field(description="Null: they do not say.")
    nodes: int
    stale: list[str] = strawberry.field(description="Those of them that are silent.")


@strawberry.type
class Library:
    name: str
    version: str


@strawberry.type(description="What runs here.")
class About:
    version: str = strawberry.field(description="Of Quartermaster.")
    licence: Licence
    time: DateTime | None = for_operators()
    started_at: DateTime | None = for_operators()
    commit: str | None = for_operators()
    python: str | None = for_operators()
    cluster_id: str | None = for_operators(resolve.own_cluster_id)
    components: list[Component] | None = for_operators(resolve.components)
    collectors: list[CollectorVersion] | None = for_operators(resolve.collector_versions)
    libraries: list[Library] | None = for_operators(resolve.libraries)
