"""One request from end to end: who asks, may they, what is it, what comes of it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from aiohttp import web

from tests.services.apiserver import discovery
from tests.services.apiserver.answers import as_json, read_body, shown
from tests.services.apiserver.paths import Target, target_of, verb_of
from tests.services.apiserver.preparation import Request, User
from tests.services.apiserver.reading import Reading
from tests.services.apiserver.refusals import UNAUTHORIZED, Refused, forbidden
from tests.services.apiserver.registry import APPLY
from tests.services.apiserver.rights import Attributes
from tests.services.apiserver.state import Asked, State
from tests.services.apiserver.store import Body


class Requests:
    def __init__(self, state: State) -> None:
        self._state = state
        self._reading = Reading(state)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self._state.is_silent:
            await asyncio.Event().wait()
        warnings: list[str] = []
        try:
            answer = await self._routed(request, warnings)
        except Refused as why:
            answer = as_json(why.status(), why.code, why.headers)
        if self._state.is_silent:
            await asyncio.Event().wait()
        for warning in warnings:
            answer.headers.add("Warning", f'299 - "{warning}"')
        return answer

    async def _routed(self, request: web.Request, warnings: list[str]) -> web.StreamResponse:
        path = request.path.rstrip("/") or "/"
        query = dict(request.query)
        user = self._user(request)
        target = target_of(self._state.resources, path, request.method)
        verb = verb_of(request.method, query, target)
        body = (
            await read_body(request)
            if request.method in ("POST", "PUT", "PATCH", "DELETE")
            else None
        )
        self._state.asked.append(Asked(time.monotonic(), verb, path, query, user.name, body))
        self._fail_as_told(path)
        if self._state.enforces_rights:
            self._authorize(user, verb, path, target)
        if target is None:
            return self._described(path, request.method, user, body)
        target.verb = verb
        if verb == "watch":
            return await self._reading.watch(request, target, query)
        if verb == "list":
            await asyncio.sleep(self._state.faults.list_delay_seconds)
            return as_json(self._reading.list(target, query))
        if verb == "get":
            found = self._state.registry.get(target.resource, target.namespace, target.name)
            return as_json(shown(found, target.resource))
        return self._write(request, target, query, body, user, warnings)

    def _user(self, request: web.Request) -> User:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        user = self._state.tokens.get(token.strip()) if scheme.lower() == "bearer" else None
        if user is None:
            raise UNAUTHORIZED
        return user

    def _fail_as_told(self, path: str) -> None:
        faults = self._state.faults
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

    def _authorize(self, user: User, verb: str, path: str, target: Target | None) -> None:
        if target is None:
            if path.startswith("/apis/authorization.k8s.io/"):
                return  # everybody may ask about themselves (system:basic-user)
            if not self._state.rights.allows(user, Attributes(verb, path=path)):
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
        if not self._state.rights.allows(user, asked):
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
            return as_json(self._reviewed(path.rsplit("/", 1)[1], user, body), 201)
        parts = path.strip("/").split("/")
        if path == "/version":
            return as_json(discovery.VERSION)
        if path in ("/healthz", "/livez", "/readyz"):
            return web.Response(text="ok")
        if path == "/api":
            return as_json({"kind": "APIVersions", "versions": ["v1"]})
        if path == "/apis":
            return as_json(discovery.groups(self._state.resources))
        if path == "/openapi/v3":
            return as_json(discovery.openapi_paths(self._state.resources))
        if path.startswith("/openapi/v3/"):
            prefix = path.removeprefix("/openapi/v3")
            return as_json(
                discovery.openapi(r for r in self._state.resources if r.prefix == prefix)
            )
        api_version = "/".join(parts[1:])
        listed = [r for r in self._state.resources if r.api_version == api_version]
        if listed or api_version == "authorization.k8s.io/v1":
            return as_json(discovery.resource_list(api_version, listed))
        if parts[0] == "apis" and len(parts) == 2:
            for group in discovery.groups(self._state.resources)["groups"]:
                if group["name"] == parts[1]:
                    return as_json({"kind": "APIGroup", "apiVersion": "v1", **group})
        raise Refused(404, "NotFound", "the server could not find the requested resource")

    def _reviewed(self, plural: str, user: User, body: Any) -> Body:
        spec = (body or {}).get("spec") or {}
        if plural == "selfsubjectrulesreviews":
            rules = list(self._state.rights.rules(user, spec.get("namespace", "")))
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
        allowed = not self._state.enforces_rights or self._state.rights.allows(user, asked)
        return {**body, "metadata": {}, "status": {"allowed": allowed}}

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
            return as_json(self._state.registry.create(resource, namespace, body, asked), 201)
        if target.verb == "update" and target.subresource == "finalize":
            return as_json(self._state.registry.finalize(resource, name, body))
        if target.verb == "update":
            done = self._state.registry.update(
                resource, namespace, name, body, asked, target.subresource
            )
            return as_json(done)
        if target.verb == "patch":
            if is_apply and self._state.enforces_rights:
                self._authorize_creation(user, target)
            patched, is_new = self._state.registry.patch(
                resource, namespace, name, body, request.content_type, asked, target.subresource
            )
            return as_json(patched, 201 if is_new else 200)
        options = {**query, **options}
        if query.get("gracePeriodSeconds"):
            options["gracePeriodSeconds"] = int(query["gracePeriodSeconds"])
        if target.verb == "deletecollection":
            for item in self._reading.selected(target, query):
                where, own = item["metadata"].get("namespace", ""), item["metadata"]["name"]
                self._state.registry.delete(resource, where, own, options, asked)
            return as_json({"kind": "Status", "apiVersion": "v1", "status": "Success", "code": 200})
        left = self._state.registry.delete(resource, namespace, name, options, asked)
        if self._state.store.get(resource.key, namespace, name) is not None:
            return as_json(shown(left, resource))
        details = {"name": name, "kind": resource.plural, "uid": left["metadata"]["uid"]}
        if resource.group:
            details["group"] = resource.group
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
        return as_json({**status, "details": details})

    def _authorize_creation(self, user: User, target: Target) -> None:
        """An apply that makes the object needs `create` as well as `patch`."""
        resource = target.resource
        if self._state.store.get(resource.key, target.namespace, target.name) is None:
            self._authorize(user, "create", "", target)

    def _bound(self, target: Target, body: Any) -> web.StreamResponse:
        pod = self._state.registry.get(target.resource, target.namespace, target.name)
        spec = {**pod["spec"], "nodeName": body["target"]["name"]}
        self._state.store.put("pods", {**pod, "spec": spec})
        return as_json(
            {"kind": "Status", "apiVersion": "v1", "status": "Success", "code": 201}, 201
        )
