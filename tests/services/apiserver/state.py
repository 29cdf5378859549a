"""What the server is at a moment: its store, who may ask, and what is to go wrong."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.services.apiserver.cluster_controllers import Controllers, Switches
from tests.services.apiserver.preparation import Request, User
from tests.services.apiserver.quota import Quota
from tests.services.apiserver.registry import Registry
from tests.services.apiserver.resources import CORE, DEVICE_TAINT_RULES, OTHERS, Resource
from tests.services.apiserver.rights import STANDARD_ROLES, Rights
from tests.services.apiserver.store import Body, Store

ADMIN = User("admin", ("system:masters", "system:authenticated"))
NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


@dataclass
class Faults:
    """What goes wrong, until a test takes it back, on the paths that contain `path`."""

    path: str = ""
    throttle_seconds: int | None = None
    """Answer 429 with this Retry-After."""
    error: int | None = None
    """Answer this status, 500 say."""
    list_delay_seconds: float = 0.0
    gone_at_connect: int = 0
    """So many watches get HTTP 410 instead of a stream."""
    gone_in_stream: int = 0
    """So many watches get an ERROR event with code 410 as their first line."""
    drop_events: int = 0
    """So many events are never sent to any watch (F-6)."""
    bad_lines: int = 0
    """So many watches get a line that is no JSON."""


@dataclass(frozen=True)
class Asked:
    """One request, as a test looks at it afterwards."""

    at: float
    verb: str
    path: str
    query: dict[str, str]
    user: str
    body: Any = None


@dataclass
class State:
    bookmark_seconds: float = 60.0
    on: Switches = field(default_factory=Switches)
    faults: Faults = field(default_factory=Faults)
    tokens: dict[str, User] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    enforces_rights: bool = False
    resources: list[Resource] = field(default_factory=lambda: [*CORE, *OTHERS, *DEVICE_TAINT_RULES])
    is_silent: bool = False
    silences: int = 0
    """A stream from before a silence stays silent for ever: its far side is gone."""
    open_watches: dict[web.StreamResponse, asyncio.Task[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.empty_store()

    def empty_store(self) -> None:
        self.store = Store()
        self.registry = Registry(self.store)
        self.rights = Rights(self.store)
        self.by_key = {resource.key: resource for resource in self.resources}
        quota = Quota(self.store)
        self.controllers = Controllers(self.store, self.registry, self.by_key, quota, self.on)
        self.registry.admissions += [self._admit_rights, quota.admit]
        self.snapshots: dict[str, tuple[int, list[Body]]] = {}
        """Of lists in pages: their version, and all their objects."""
        admin = Request(ADMIN, "kube-apiserver")
        for name in NAMESPACES:
            body: Body = {"metadata": {"name": name}}
            self.registry.create(self.by_key["namespaces"], "", body, admin)
        for name, rules in STANDARD_ROLES.items():
            body = {"metadata": {"name": name}, "rules": rules}
            resource = self.by_key["clusterroles.rbac.authorization.k8s.io"]
            self.registry.create(resource, "", body, admin)
        self.store.listeners.add(self.controllers.notice)

    def _admit_rights(
        self, verb: str, request: Request, resource: Resource, body: Body, live: Body | None
    ) -> None:
        if self.enforces_rights:
            self.rights.admit(verb, request, resource, body, live)
