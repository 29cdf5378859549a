"""The HTTP side: paths, queries, lists, watches, and the faults that a test asks for.

It runs on a thread with an event loop of its own, so that a test may block its own loop. Every
method that a test calls returns when the change is in force.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml
from aiohttp import web

from tests.services.apiserver import discovery
from tests.services.apiserver.cluster_controllers import Controllers, Switches
from tests.services.apiserver.quota import Quota
from tests.services.apiserver.refusals import (
    UNAUTHORIZED,
    Refused,
    bad_request,
    forbidden,
    gone,
    invalid,
)
from tests.services.apiserver.registry import APPLY, Registry, Request, User, now
from tests.services.apiserver.resources import (
    CORE,
    DEVICE_TAINT_RULES,
    OTHERS,
    Resource,
    kueue,
)
from tests.services.apiserver.rights import Attributes, Rights
from tests.services.apiserver.selectors import Test, by_fields, by_labels
from tests.services.apiserver.store import Body, Event, Store

T = TypeVar("T")
ADMIN = User("admin", ("system:masters", "system:authenticated"))
INITIAL_EVENTS_END = "k8s.io/initial-events-end"
DEFAULT_WATCH_SECONDS = 1800.0


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
class Target:
    resource: Resource
    namespace: str
    name: str
    subresource: str
    verb: str = ""


@dataclass
class ApiServer:
    folder: Path
    tls: ssl.SSLContext
    bookmark_seconds: float = 60.0
    on: Switches = field(default_factory=Switches)
    faults: Faults = field(default_factory=Faults)
    tokens: dict[str, User] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    enforces_rights: bool = False

    def __post_init__(self) -> None:
        self.resources: list[Resource] = [*CORE, *OTHERS, *DEVICE_TAINT_RULES]
        self._is_silent = False
        self._silences = 0
        """A stream from before a silence stays silent for ever: its far side is gone."""
        self._watches: dict[web.StreamResponse, asyncio.Task[Any]] = {}
        self._runner: web.AppRunner | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="apiserver", daemon=True
        )
        self._thread.start()
        self._call(self._empty_store)
        self.start()

    # What a test commands

    def start(self) -> None:
        """Listen, on the same port as before."""
        self._run(self._listen())

    def stop(self) -> None:
        """Refuse connections, and break those that are open; the store is kept."""
        self._run(self._close())

    def lose_store(self) -> None:
        """As after a restore from nothing: no objects, and versions that begin again."""
        self._call(self._empty_store)

    def drop_watches(self) -> None:
        """End every watch in the middle of its stream, without a last chunk."""

        def drop() -> None:
            for response, task in list(self._watches.items()):
                if (transport := response._req.transport) is not None:  # type: ignore[union-attr]
                    transport.abort()
                task.cancel()

        self._call(drop)

    def go_silent(self) -> None:
        """Keep every connection open and send nothing more; accept new ones, and answer nothing."""

        def fall_silent() -> None:
            self._is_silent = True
            self._silences += 1

        self._call(fall_silent)

    def speak_again(self) -> None:
        """Answer new requests; what was asked in the silence stays unanswered."""
        self._call(lambda: setattr(self, "_is_silent", False))

    def compact(self) -> None:
        """Forget all events: a resume from before now is answered 410, as an ERROR event."""
        self._call(self.store.compact)

    def rotate_token(self, old: str, new: str) -> None:
        """From now on only the new token is known."""
        self._call(lambda: self.tokens.update({new: self.tokens.pop(old)}))

    def has_kueue(self, *versions: str) -> None:
        """With the custom resources of Kueue in these versions, or without them."""

        def change() -> None:
            self.resources = [r for r in self.resources if not r.is_custom]
            for version in versions:
                self.resources += kueue(version)
            self._by_key.update({r.key: r for r in self.resources})

        self._call(change)

    def has_device_taints(self, is_on: bool) -> None:
        def change() -> None:
            self.resources = [r for r in self.resources if r.plural != "devicetaintrules"]
            self.resources += DEVICE_TAINT_RULES if is_on else ()

        self._call(change)

    def do(self, work: Callable[[Store], T]) -> T:
        """Do something with the store, between two requests."""
        return self._call(lambda: work(self.store))

    @property
    def watches(self) -> int:
        return len(self._watches)

    def counted(self) -> Counter[tuple[str, str]]:
        """How often each (verb, path) was asked."""
        return Counter((asked.verb, asked.path) for asked in self.asked)

    def close(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # Its life

    def _empty_store(self) -> None:
        self.store = Store()
        self.registry = Registry(self.store)
        self.rights = Rights(self.store)
        self._by_key = {resource.key: resource for resource in self.resources}
        quota = Quota(self.store)
        self.controllers = Controllers(self.store, self.registry, self._by_key, quota, self.on)
        self.registry.admissions += [self._admit_rights, quota.admit]
        self._snapshots: dict[str, tuple[int, list[Body]]] = {}
        admin = Request(ADMIN, "kube-apiserver")
        for name in ("default", "kube-system", "kube-public", "kube-node-lease"):
            body: Body = {"metadata": {"name": name}}
            self.registry.create(self._by_key["namespaces"], "", body, admin)
        for name, rules in _STANDARD_ROLES.items():
            body = {"metadata": {"name": name}, "rules": rules}
            resource = self._by_key["clusterroles.rbac.authorization.k8s.io"]
            self.registry.create(resource, "", body, admin)
        self.store.listeners.add(self.controllers.notice)
        if self._tasks:
            self._tasks.pop().cancel()
            self._tasks.append(self._loop.create_task(self.controllers.run()))

    def _admit_rights(
        self, verb: str, request: Request, resource: Resource, body: Body, live: Body | None
    ) -> None:
        if self.enforces_rights:
            self.rights.admit(verb, request, resource, body, live)

    async def _listen(self) -> None:
        application = web.Application(client_max_size=3 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(
            self._runner, "127.0.0.1", self.port, ssl_context=self.tls, reuse_address=True
        )
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._tasks = [self._loop.create_task(self.controllers.run())]

    async def _close(self) -> None:
        if self._runner is None:
            return
        for task in [*self._tasks, *self._watches.values()]:
            task.cancel()
        assert self._runner.server is not None
        for connection in list(self._runner.server.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await self._runner.cleanup()
        self._runner = None
        self._tasks = []

    # Requests

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if self._is_silent:
            await asyncio.Event().wait()
        warnings: list[str] = []
        try:
            answer = await self._routed(request, warnings)
        except Refused as why:
            answer = _json(why.status(), why.code, why.headers)
        if self._is_silent:
            await asyncio.Event().wait()
        for warning in warnings:
            answer.headers.add("Warning", f'299 - "{warning}"')
        return answer

    async def _routed(self, request: web.Request, warnings: list[str]) -> web.StreamResponse:
        path = request.path.rstrip("/") or "/"
        query = dict(request.query)
        user = self._user(request)
        target = self._target(path, request.method)
        verb = self._verb(request, query, target)
        body = (
            await _body(request) if request.method in ("POST", "PUT", "PATCH", "DELETE") else None
        )
        self.asked.append(Asked(time.monotonic(), verb, path, query, user.name, body))
        self._fail_as_told(path)
        if self.enforces_rights:
            self._authorize(user, verb, path, target)
        if target is None:
            return self._described(path, request.method, user, body)
        target.verb = verb
        if verb == "watch":
            return await self._watch(request, target, query)
        if verb == "list":
            await asyncio.sleep(self.faults.list_delay_seconds)
            return _json(self._list(target, query))
        if verb == "get":
            found = self.registry.get(target.resource, target.namespace, target.name)
            return _json(_shown(found, target.resource))
        return self._write(request, target, query, body, user, warnings)

    def _user(self, request: web.Request) -> User:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        user = self.tokens.get(token.strip()) if scheme.lower() == "bearer" else None
        if user is None:
            raise UNAUTHORIZED
        return user

    def _fail_as_told(self, path: str) -> None:
        faults = self.faults
        if faults.path not in path:
            return
        if faults.throttle_seconds is not None:
            raise Refused(
                429,
                "TooManyRequests",
                "The apiserver is overloaded, please try again later",
                {"retryAfterSeconds": faults.throttle_seconds},
                {"Retry-After": str(faults.throttle_seconds)},
            )
        if faults.error is not None:
            raise Refused(faults.error, "InternalError", "Internal error occurred: as told")

    def _target(self, path: str, method: str) -> Target | None:
        for resource in self.resources:
            prefix = resource.prefix + "/"
            if not path.startswith(prefix):
                continue
            rest = path.removeprefix(prefix).split("/")
            namespace = ""
            if rest[0] == "namespaces" and len(rest) >= 3 and resource.is_namespaced:
                namespace, rest = rest[1], rest[2:]
            if rest[0] != resource.plural:
                continue
            name = rest[1] if len(rest) > 1 else ""
            subresource = rest[2] if len(rest) > 2 else ""
            allowed = {"status"} if resource.has_status else set()
            if resource.key == "namespaces":
                allowed |= {"finalize"}
            if resource.key == "pods":
                allowed |= {"binding"}
            if len(rest) > 3 or (subresource and subresource not in allowed):
                continue
            if resource.is_namespaced and not namespace and (name or method == "POST"):
                continue
            return Target(resource, namespace, name, subresource)
        return None

    def _verb(self, request: web.Request, query: dict[str, str], target: Target | None) -> str:
        method = request.method
        if method == "GET":
            if target is None or target.name:
                return "get"
            return "watch" if query.get("watch") in ("true", "True", "1") else "list"
        if method == "DELETE" and target is not None and not target.name:
            return "deletecollection"
        return {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}[method]

    def _authorize(self, user: User, verb: str, path: str, target: Target | None) -> None:
        if target is None:
            if path.startswith("/apis/authorization.k8s.io/"):
                return  # everybody may ask about themselves (system:basic-user)
            if not self.rights.allows(user, Attributes(verb, path=path)):
                raise Refused(
                    403, "Forbidden", f'forbidden: User "{user.name}" cannot {verb} path "{path}"'
                )
            return
        resource = target.resource
        asked = Attributes(
            verb,
            resource.group,
            resource.plural,
            target.subresource,
            target.name if resource.key == "namespaces" else target.namespace,
            target.name,
        )
        if not self.rights.allows(user, asked):
            where = f' in the namespace "{target.namespace}"' if target.namespace else ""
            scope = where or " at the cluster scope"
            raise forbidden(
                resource.plural,
                resource.group,
                target.name,
                f'User "{user.name}" cannot {verb} resource "{asked.resource}" in API group '
                f'"{resource.group}"{scope}',
            )

    def _described(self, path: str, method: str, user: User, body: Any) -> web.StreamResponse:
        if method == "POST" and path.startswith("/apis/authorization.k8s.io/v1/self"):
            return _json(self._reviewed(path.rsplit("/", 1)[1], user, body), 201)
        parts = path.strip("/").split("/")
        if path == "/version":
            return _json(discovery.VERSION)
        if path in ("/healthz", "/livez", "/readyz"):
            return web.Response(text="ok")
        if path == "/api":
            return _json({"kind": "APIVersions", "versions": ["v1"]})
        if path == "/apis":
            return _json(discovery.groups(self.resources))
        if path == "/openapi/v3":
            return _json(discovery.openapi_paths(self.resources))
        if path.startswith("/openapi/v3/"):
            prefix = path.removeprefix("/openapi/v3")
            return _json(discovery.openapi(r for r in self.resources if r.prefix == prefix))
        api_version = "/".join(parts[1:])
        listed = [r for r in self.resources if r.api_version == api_version]
        if listed or api_version == "authorization.k8s.io/v1":
            return _json(discovery.resource_list(api_version, listed))
        if parts[0] == "apis" and len(parts) == 2:
            for group in discovery.groups(self.resources)["groups"]:
                if group["name"] == parts[1]:
                    return _json({"kind": "APIGroup", "apiVersion": "v1", **group})
        raise Refused(404, "NotFound", "the server could not find the requested resource")

    def _reviewed(self, plural: str, user: User, body: Any) -> Body:
        spec = (body or {}).get("spec") or {}
        if plural == "selfsubjectrulesreviews":
            rules = list(self.rights.rules(user, spec.get("namespace", "")))
            return {**body, "status": {"resourceRules": rules, "incomplete": False}}
        wanted = spec.get("resourceAttributes") or {}
        path = (spec.get("nonResourceAttributes") or {}).get("path", "")
        verb = wanted.get("verb") or (spec.get("nonResourceAttributes") or {}).get("verb", "")
        asked = Attributes(
            verb,
            wanted.get("group", ""),
            wanted.get("resource", ""),
            wanted.get("subresource", ""),
            wanted.get("namespace", ""),
            wanted.get("name", ""),
            path,
        )
        allowed = not self.enforces_rights or self.rights.allows(user, asked)
        return {**body, "metadata": {}, "status": {"allowed": allowed}}

    # Lists and watches

    def _list(self, target: Target, query: dict[str, str]) -> Body:
        resource = target.resource
        version = self.store.version
        given = query.get("resourceVersion", "")
        if given not in ("", "0"):
            if not given.isdigit():
                raise invalid("ListOptions", "", "", [("resourceVersion", "Invalid value")])
            if int(given) > version:
                raise Refused(
                    504,
                    "Timeout",
                    f"Too large resource version: {given}, current: {version}",
                    {
                        "causes": [
                            {
                                "reason": "ResourceVersionTooLarge",
                                "message": "Too large resource version",
                            }
                        ],
                        "retryAfterSeconds": 1,
                    },
                    {"Retry-After": "1"},
                )
            if query.get("resourceVersionMatch") == "Exact" and int(given) <= self.store.compacted:
                raise gone("The provided resourceVersion is no longer available")
        offset = 0
        token = query.get("continue", "")
        if token:
            start = _read_continue(token)
            version, offset, snapshot = start["v"], start["o"], start["s"]
            if version <= self.store.compacted or snapshot not in self._snapshots:
                raise gone(
                    "The provided continue parameter is too old to display a consistent list "
                    "result. You can start a new list without the continue parameter."
                )
            items = self._snapshots[snapshot][1]
        else:
            items = self._selected(target, query)
            snapshot = ""
        limit = int(query.get("limit") or 0)
        metadata: Body = {"resourceVersion": str(version)}
        if limit and offset + limit < len(items):
            if not snapshot:
                snapshot = f"{version}-{len(self._snapshots)}"
                self._snapshots[snapshot] = (version, items)
            metadata["continue"] = _continue(version, offset + limit, snapshot)
            if not query.get("labelSelector") and not query.get("fieldSelector"):
                metadata["remainingItemCount"] = len(items) - offset - limit
            items = items[offset : offset + limit]
        else:
            items = items[offset:]
            self._snapshots.pop(snapshot, None)
        return {
            "kind": f"{resource.kind}List",
            "apiVersion": resource.api_version,
            "metadata": metadata,
            "items": [_shown(body, resource) for body in items],
        }

    def _selected(self, target: Target, query: dict[str, str]) -> list[Body]:
        matches = self._test(target, query)
        objects = self.store.objects[target.resource.key]
        return [body for _, body in sorted(objects.items()) if matches(body)]

    def _test(self, target: Target, query: dict[str, str]) -> Test:
        tests: list[Test] = []
        if target.namespace:
            tests.append(lambda body: body["metadata"].get("namespace") == target.namespace)
        if labels := query.get("labelSelector"):
            tests.append(by_labels(labels))
        if fields := query.get("fieldSelector"):
            tests.append(by_fields(fields, target.resource.plural))
        return lambda body: all(test(body) for test in tests)

    async def _watch(
        self, request: web.Request, target: Target, query: dict[str, str]
    ) -> web.StreamResponse:
        faults = self.faults
        if faults.gone_at_connect and faults.path in request.path:
            faults.gone_at_connect -= 1
            raise gone("too old resource version: as told")
        given = query.get("resourceVersion", "")
        if given and not given.isdigit():
            raise invalid("ListOptions", "", "", [("resourceVersion", "Invalid value")])
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        task = asyncio.current_task()
        assert task is not None
        self._watches[response] = task
        try:
            seconds = float(query.get("timeoutSeconds") or DEFAULT_WATCH_SECONDS)
            async with asyncio.timeout(seconds):
                await self._stream(response, request.path, target, query)
        except TimeoutError:
            pass  # the end that the client asked for
        finally:
            self._watches.pop(response, None)
        if self._is_silent:
            await asyncio.Event().wait()
        await response.write_eof()
        return response

    async def _stream(
        self, response: web.StreamResponse, path: str, target: Target, query: dict[str, str]
    ) -> None:
        resource, store = target.resource, self.store
        matches = self._test(target, query)
        given = int(query.get("resourceVersion") or 0)
        has_bookmarks = query.get("allowWatchBookmarks") in ("true", "True", "1")
        sends_initial = query.get("sendInitialEvents") in ("true", "True", "1")
        if self.faults.gone_in_stream and self.faults.path in path:
            self.faults.gone_in_stream -= 1
            return await _send_gone(response, "too old resource version: as told")
        if self.faults.bad_lines and self.faults.path in path:
            self.faults.bad_lines -= 1
            await response.write(b"{no json\n")
        if given and given < store.compacted and not sends_initial:
            return await _send_gone(
                response, f"too old resource version: {given} ({store.compacted})"
            )
        silences = self._silences
        seen = given or store.version
        if not given or sends_initial:
            seen = store.version
            lines = [
                _line("ADDED", _shown(body, resource)) for body in self._selected(target, query)
            ]
            if sends_initial and has_bookmarks:
                lines.append(_bookmark(resource, seen, is_initial_end=True))
            await response.write(b"".join(lines))
        told_at = time.monotonic()
        while True:
            if silences != self._silences:
                await asyncio.Event().wait()
            waiting = store.changed[resource.key]
            events = store.since(resource.key, seen)
            if events:
                seen = events[-1].version
                lines = [
                    line
                    for event in events
                    if not self._is_dropped(path)
                    and (line := _event_line(event, matches, resource)) is not None
                ]
                if lines and silences == self._silences:
                    await response.write(b"".join(lines))
                continue
            pause = self.bookmark_seconds - (time.monotonic() - told_at)
            if pause <= 0:
                told_at = time.monotonic()
                # A client from the future (the store was lost) hears nothing, as of the real one.
                if has_bookmarks and seen <= store.version:
                    await response.write(_bookmark(resource, store.version))
                continue
            try:
                async with asyncio.timeout(pause):
                    await waiting.wait()
            except TimeoutError:
                if response._req is not None and response._req.transport is None:
                    return None

    def _is_dropped(self, path: str) -> bool:
        if self.faults.drop_events and self.faults.path in path:
            self.faults.drop_events -= 1
            return True
        return False

    # Writes

    def _write(
        self,
        request: web.Request,
        target: Target,
        query: dict[str, str],
        body: Any,
        user: User,
        warnings: list[str],
    ) -> web.StreamResponse:
        options = body if isinstance(body, dict) and target.verb.startswith("delete") else {}
        agent = request.headers.get("User-Agent", "unknown").split("/", 1)[0]
        is_apply = request.content_type == APPLY
        asked = Request(
            user,
            query.get("fieldManager") or ("" if is_apply else agent),
            bool(query.get("dryRun") or options.get("dryRun")),
            query.get("force") in ("true", "True", "1"),
            query.get("fieldValidation") or "Warn",
            warnings,
        )
        resource, namespace, name = target.resource, target.namespace, target.name
        if target.verb == "create" and target.subresource == "binding":
            return self._bound(target, body)
        if target.verb == "create":
            return _json(self.registry.create(resource, namespace, body, asked), 201)
        if target.verb == "update" and target.subresource == "finalize":
            return _json(self.registry.finalize(resource, name, body))
        if target.verb == "update":
            done = self.registry.update(resource, namespace, name, body, asked, target.subresource)
            return _json(done)
        if target.verb == "patch":
            if is_apply and self.enforces_rights:
                self._authorize_creation(user, target)
            patched, is_new = self.registry.patch(
                resource, namespace, name, body, request.content_type, asked, target.subresource
            )
            return _json(patched, 201 if is_new else 200)
        options = {**query, **options}
        if query.get("gracePeriodSeconds"):
            options["gracePeriodSeconds"] = int(query["gracePeriodSeconds"])
        if target.verb == "deletecollection":
            for item in self._selected(target, query):
                where, own = item["metadata"].get("namespace", ""), item["metadata"]["name"]
                self.registry.delete(resource, where, own, options, asked)
            return _json({"kind": "Status", "apiVersion": "v1", "status": "Success", "code": 200})
        left = self.registry.delete(resource, namespace, name, options, asked)
        if self.store.get(resource.key, namespace, name) is not None:
            return _json(_shown(left, resource))
        details = {"name": name, "kind": resource.plural, "uid": left["metadata"]["uid"]}
        if resource.group:
            details["group"] = resource.group
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
        return _json({**status, "details": details})

    def _authorize_creation(self, user: User, target: Target) -> None:
        """An apply that makes the object needs `create` as well as `patch`."""
        resource = target.resource
        if self.store.get(resource.key, target.namespace, target.name) is None:
            self._authorize(user, "create", "", target)

    def _bound(self, target: Target, body: Any) -> web.StreamResponse:
        pod = self.registry.get(target.resource, target.namespace, target.name)
        spec = {**pod["spec"], "nodeName": body["target"]["name"]}
        self.store.put("pods", {**pod, "spec": spec})
        return _json({"kind": "Status", "apiVersion": "v1", "status": "Success", "code": 201}, 201)

    # The thread

    def _call(self, change: Callable[[], T]) -> T:
        async def apply() -> T:
            return change()

        return self._run(apply())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=20)


async def _body(request: web.Request) -> Any:
    raw = await request.read()
    if not raw:
        return None
    if request.content_type == "application/vnd.kubernetes.protobuf":
        raise Refused(415, "UnsupportedMediaType", "This server of the tests speaks only JSON.")
    try:
        if request.content_type in (APPLY, "application/yaml"):
            return _plain(yaml.safe_load(raw))
        return json.loads(raw)
    except (ValueError, yaml.YAMLError) as why:
        raise bad_request(f"the object provided is unrecognized: {why}") from why


def _plain(value: Any) -> Any:
    """YAML's times as the texts that they are in JSON."""
    if isinstance(value, dict):
        return {key: _plain(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z")
    return value


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        headers=headers,
        content_type="application/json",
    )


def _shown(body: Body, resource: Resource) -> Body:
    """In the version that was asked: custom resources are stored in one and read in any."""
    if body.get("apiVersion") == resource.api_version:
        return body
    return {**body, "apiVersion": resource.api_version, "kind": resource.kind}


def _line(kind: str, body: Body) -> bytes:
    return msgspec.json.encode({"type": kind, "object": body}) + b"\n"


def _event_line(event: Event, matches: Test, resource: Resource) -> bytes | None:
    """For a watch that selects, an object that leaves the selection is deleted."""
    fits_now = event.kind != "DELETED" and matches(event.body)
    fitted = event.before is not None and matches(event.before)
    if not fits_now and not fitted:
        return None
    kind = "DELETED" if not fits_now else "MODIFIED" if fitted else "ADDED"
    body = event.body
    if not fits_now and event.kind != "DELETED" and event.before is not None:
        version = event.body["metadata"]["resourceVersion"]
        body = {
            **event.before,
            "metadata": {**event.before["metadata"], "resourceVersion": version},
        }
    return _line(kind, _shown(body, resource))


def _bookmark(resource: Resource, version: int, *, is_initial_end: bool = False) -> bytes:
    metadata: Body = {"resourceVersion": str(version), "creationTimestamp": None}
    if is_initial_end:
        metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
    body = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
    return _line("BOOKMARK", body)


async def _send_gone(response: web.StreamResponse, message: str) -> None:
    await response.write(_line("ERROR", gone(message).status()))


def _continue(version: int, offset: int, snapshot: str) -> str:
    raw = msgspec.json.encode({"v": version, "o": offset, "s": snapshot})
    return base64.urlsafe_b64encode(raw).decode()


def _read_continue(token: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(token))
    except ValueError as why:
        raise bad_request("continue key is not valid") from why


_EVERYTHING = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
_WORK = ["pods", "pods/log", "configmaps", "secrets", "services", "persistentvolumeclaims"]
_WRITE = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_READ = ["get", "list", "watch"]
_STANDARD_ROLES: dict[str, list[Body]] = {
    "cluster-admin": [_EVERYTHING, {"nonResourceURLs": ["*"], "verbs": ["*"]}],
    "admin": [{"apiGroups": [""], "resources": _WORK, "verbs": _WRITE}],
    "edit": [{"apiGroups": [""], "resources": _WORK, "verbs": _WRITE}],
    "view": [{"apiGroups": [""], "resources": ["pods", "configmaps"], "verbs": _READ}],
}
"""A short form of the bootstrap roles."""

__all__ = ["ADMIN", "ApiServer", "Faults", "Switches", "User", "now"]
