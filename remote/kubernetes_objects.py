"""The parts of Kubernetes' objects that are read here, under the API's own names."""

from __future__ import annotations

import re
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")
QUANTITY = re.compile(r"\d{1,9}")
RESOURCE = "nvidia.com/gpu"


def _whole(quantities: dict[str, Any]) -> int:
    """Extended resources are whole numbers; what is none counts as none."""
    text = str(quantities.get(RESOURCE, "0"))
    return int(text) if QUANTITY.fullmatch(text) else 0


class _Object(msgspec.Struct, rename="camel"):
    pass


class ListMeta(msgspec.Struct):
    next: str = msgspec.field(default="", name="continue")


class Page(_Object, Generic[T]):
    items: list[T]
    metadata: ListMeta = msgspec.field(default_factory=ListMeta)


class Version(_Object):
    git_version: str


class Metadata(_Object):
    name: str
    labels: dict[str, str] = {}


class NodeSpec(_Object):
    unschedulable: bool = False


class Condition(_Object):
    type: str
    status: str


class NodeStatus(_Object):
    capacity: dict[str, Any] = {}
    conditions: list[Condition] = []


class Node(_Object):
    metadata: Metadata
    spec: NodeSpec = msgspec.field(default_factory=NodeSpec)
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)

    @property
    def gpus(self) -> int:
        return _whole(self.status.capacity)

    @property
    def is_usable(self) -> bool:
        is_ready = any(
            one.type == "Ready" and one.status == "True" for one in self.status.conditions
        )
        return is_ready and not self.spec.unschedulable


class Resources(_Object):
    requests: dict[str, Any] = {}
    limits: dict[str, Any] = {}


class Container(_Object):
    resources: Resources = msgspec.field(default_factory=Resources)


class PodSpec(_Object):
    node_name: str = ""
    containers: list[Container] = []
    resource_claims: list[Any] = []


class Pod(_Object):
    metadata: Metadata
    spec: PodSpec = msgspec.field(default_factory=PodSpec)

    @property
    def gpus(self) -> int:
        """By the device plugin; where only a limit is given, it is the request too."""
        asked = (container.resources for container in self.spec.containers)
        return sum(_whole(one.requests or one.limits) for one in asked)


class Attribute(msgspec.Struct):
    string: str = ""


class Attributes(_Object):
    attributes: dict[str, Attribute] = {}
    consumes_counters: list[Any] = []


class Device(Attributes):
    """In v1beta1 what is asked for lies in `basic`."""

    name: str = ""
    basic: Attributes | None = None

    def told(self, attribute: str) -> str:
        told = self.attributes or (self.basic.attributes if self.basic else {})
        return told.get(attribute, Attribute()).string

    @property
    def is_partition(self) -> bool:
        """One that could be made of another device, and is not there beside it."""
        shares = self.consumes_counters or (self.basic.consumes_counters if self.basic else [])
        return bool(shares) and self.told("type") == "mig"


class Pool(_Object):
    name: str
    generation: int = 0


class SliceSpec(_Object):
    driver: str
    pool: Pool
    node_name: str = ""
    devices: list[Device] = []


class ResourceSlice(_Object):
    spec: SliceSpec


class Allocated(_Object):
    driver: str
    pool: str
    device: str
    admin_access: bool | None = None


class Results(_Object):
    results: list[Allocated] = []


class Allocation(_Object):
    devices: Results = msgspec.field(default_factory=Results)


class ClaimStatus(_Object):
    allocation: Allocation | None = None


class ResourceClaim(_Object):
    status: ClaimStatus = msgspec.field(default_factory=ClaimStatus)
