"""Bodies in and out: JSON, YAML, and objects in the version that was asked for."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import yaml
from aiohttp import web

from tests.services.apiserver.refusals import Refused, bad_request
from tests.services.apiserver.registry import APPLY
from tests.services.apiserver.resources import Resource
from tests.services.apiserver.store import Body


async def read_body(request: web.Request) -> Any:
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


def as_json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        headers=headers,
        content_type="application/json",
    )


def shown(body: Body, resource: Resource) -> Body:
    """In the version that was asked: custom resources are stored in one and read in any."""
    if body.get("apiVersion") == resource.api_version:
        return body
    return {**body, "apiVersion": resource.api_version, "kind": resource.kind}
