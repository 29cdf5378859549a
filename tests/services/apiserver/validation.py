"""The checks of fields by which the real server refuses an object (422 Invalid).

Of each kind those that the product can run into; the schema's own (types, required and unknown
fields) are in schema.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.services.apiserver import kueue_rules
from tests.services.apiserver.cel import BadExpression, parse
from tests.services.apiserver.quantities import parse_quantity

Body = dict[str, Any]
Cause = tuple[str, str]

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
LABEL_NAMES = {"namespaces", "services"}
PATH_NAMES = {"roles", "rolebindings", "clusterroles", "clusterrolebindings"}

# resource/v1 types.go: CELSelectorExpressionMaxLength, DeviceSelectorsMaxSize and the others.
EXPRESSION_BYTES = 10 * 1024
SELECTORS = 32
SLICE_DEVICES = 128
ATTRIBUTE_CHARACTERS = 64
TAINT_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
DEVICE_TAINT_EFFECTS = ("None", "NoSchedule", "NoExecute")
ANNOTATION_BYTES = 256 * 1024


def is_label(text: str) -> bool:
    return len(text) <= 63 and bool(DNS_LABEL.fullmatch(text))


def is_subdomain(text: str) -> bool:
    return len(text) <= 253 and bool(DNS_SUBDOMAIN.fullmatch(text))


def is_qualified(text: str) -> bool:
    prefix, slash, name = text.rpartition("/")
    if slash and not is_subdomain(prefix):
        return False
    return 0 < len(name) <= 63 and bool(QUALIFIED.fullmatch(name))


def metadata_faults(plural: str, metadata: Body) -> Iterator[Cause]:
    name = metadata.get("name", "")
    if plural in PATH_NAMES:
        if name in (".", "..") or "/" in name or "%" in name:
            yield "metadata.name", f'Invalid value: "{name}": may not be, or contain, "/" or "%"'
    elif plural in LABEL_NAMES:
        if not is_label(name):
            yield (
                "metadata.name",
                f'Invalid value: "{name}": a lowercase RFC 1123 label must consist of lower case '
                "alphanumeric characters or '-', and must start and end with an alphanumeric "
                "character (at most 63 characters)",
            )
    elif not is_subdomain(name):
        yield (
            "metadata.name",
            f'Invalid value: "{name}": a lowercase RFC 1123 subdomain must consist of lower case '
            "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric "
            "character (at most 253 characters)",
        )
    for key, value in (metadata.get("labels") or {}).items():
        if not is_qualified(key):
            yield "metadata.labels", f'Invalid value: "{key}": name part must be a qualified name'
        if not isinstance(value, str) or len(value) > 63 or not LABEL_VALUE.fullmatch(value):
            yield (
                "metadata.labels",
                f'Invalid value: "{value}": a valid label must be an empty string or consist of '
                "alphanumeric characters, '-', '_' or '.' (at most 63 characters)",
            )
    annotations = metadata.get("annotations") or {}
    for key in annotations:
        if not is_qualified(key.lower()):
            yield "metadata.annotations", f'Invalid value: "{key}": must be a qualified name'
    if sum(len(k) + len(str(v).encode()) for k, v in annotations.items()) > ANNOTATION_BYTES:
        yield "metadata.annotations", f"Too long: may not be more than {ANNOTATION_BYTES} bytes"
    for finalizer in metadata.get("finalizers") or []:
        if not is_qualified(finalizer):
            yield "metadata.finalizers", f'Invalid value: "{finalizer}": must be a qualified name'
    for owner in metadata.get("ownerReferences") or []:
        if not owner.get("uid"):
            yield "metadata.ownerReferences.uid", "Required value: must not be empty"


def _expressions(selectors: list[Body], at: str) -> Iterator[Cause]:
    if len(selectors) > SELECTORS:
        yield at, f"Too many: {len(selectors)}: must have at most {SELECTORS} items"
    for index, selector in enumerate(selectors):
        place = f"{at}[{index}].cel.expression"
        expression = (selector.get("cel") or {}).get("expression")
        if not expression:
            yield place, "Required value"
        elif len(expression.encode()) > EXPRESSION_BYTES:
            yield place, f"Too long: may not be more than {EXPRESSION_BYTES} bytes"
        else:
            try:
                parse(expression)
            except BadExpression as why:
                yield place, f'Invalid value: "{expression}": compilation failed: {why}'


def _device_class(body: Body) -> Iterator[Cause]:
    spec = body.get("spec") or {}
    yield from _expressions(spec.get("selectors") or [], "spec.selectors")
    name = spec.get("extendedResourceName")
    if name is not None:
        domain, slash, _ = name.rpartition("/")
        native = not slash or domain == "kubernetes.io" or domain.endswith(".kubernetes.io")
        if native or domain.startswith("requests.") or not is_qualified(f"requests.{name}"):
            yield (
                "spec.extendedResourceName",
                f'Invalid value: "{name}": must be a valid extended resource name',
            )


def _resource_quota(body: Body) -> Iterator[Cause]:
    for name, value in ((body.get("spec") or {}).get("hard") or {}).items():
        at = f"spec.hard[{name}]"
        if not is_qualified(name):
            yield at, f'Invalid value: "{name}": must be a qualified name'
        quantity = parse_quantity(value)
        if quantity < 0:
            yield at, f'Invalid value: "{value}": must be greater than or equal to 0'
        if quantity % 1 and not name.endswith(("cpu", "memory")):
            yield at, f'Invalid value: "{value}": must be an integer'


def _role_binding(body: Body) -> Iterator[Cause]:
    role = body.get("roleRef") or {}
    kinds = ("ClusterRole",) if body["kind"] == "ClusterRoleBinding" else ("ClusterRole", "Role")
    if role.get("apiGroup") not in ("rbac.authorization.k8s.io", "", None):
        yield "roleRef.apiGroup", f'Unsupported value: "{role.get("apiGroup")}"'
    if role.get("kind") not in kinds:
        yield "roleRef.kind", f'Unsupported value: "{role.get("kind")}"'
    if not role.get("name"):
        yield "roleRef.name", "Required value"
    for index, subject in enumerate(body.get("subjects") or []):
        at = f"subjects[{index}]"
        if subject.get("kind") not in ("User", "Group", "ServiceAccount"):
            yield f"{at}.kind", f'Unsupported value: "{subject.get("kind")}"'
        if not subject.get("name"):
            yield f"{at}.name", "Required value"
        if subject.get("kind") == "ServiceAccount":
            if not subject.get("namespace"):
                yield f"{at}.namespace", "Required value"
            if subject.get("apiGroup"):
                yield f"{at}.apiGroup", f'Unsupported value: "{subject["apiGroup"]}"'
        elif subject.get("apiGroup") != "rbac.authorization.k8s.io":
            yield f"{at}.apiGroup", f'Unsupported value: "{subject.get("apiGroup", "")}"'


def _node(body: Body) -> Iterator[Cause]:
    seen = set()
    for index, taint in enumerate((body.get("spec") or {}).get("taints") or []):
        at = f"spec.taints[{index}]"
        if not is_qualified(taint.get("key", "")):
            yield f"{at}.key", f'Invalid value: "{taint.get("key")}": must be a qualified name'
        if not LABEL_VALUE.fullmatch(taint.get("value") or ""):
            yield f"{at}.value", f'Invalid value: "{taint["value"]}": must be a valid label value'
        if taint.get("effect") not in TAINT_EFFECTS:
            yield f"{at}.effect", f'Unsupported value: "{taint.get("effect")}"'
        identity = (taint.get("key"), taint.get("effect"))
        if identity in seen:
            yield at, f'Duplicate value: "{taint}": taints must be unique by key and effect pair'
        seen.add(identity)


def _device_taint_rule(body: Body) -> Iterator[Cause]:
    spec = body.get("spec") or {}
    taint = spec.get("taint") or {}
    if not is_qualified(taint.get("key", "")):
        yield "spec.taint.key", f'Invalid value: "{taint.get("key", "")}": must be a qualified name'
    if not LABEL_VALUE.fullmatch(taint.get("value") or ""):
        yield "spec.taint.value", f'Invalid value: "{taint["value"]}": must be a valid label value'
    if taint.get("effect") not in DEVICE_TAINT_EFFECTS:
        yield "spec.taint.effect", f'Unsupported value: "{taint.get("effect", "")}"'
    selector = spec.get("deviceSelector") or {}
    for field in ("driver", "pool", "device"):
        text = selector.get(field)
        if text is not None and not all(is_subdomain(part) for part in text.split("/")):
            yield f"spec.deviceSelector.{field}", f'Invalid value: "{text}"'


def _resource_slice(body: Body) -> Iterator[Cause]:
    spec = body.get("spec") or {}
    devices = spec.get("devices") or []
    if len(devices) > SLICE_DEVICES:
        yield "spec.devices", f"Too many: {len(devices)}: must have at most {SLICE_DEVICES} items"
    if not is_subdomain(spec.get("driver") or ""):
        yield "spec.driver", f'Invalid value: "{spec.get("driver")}"'
    chosen = [
        f for f in ("nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection") if spec.get(f)
    ]
    if len(chosen) != 1:
        yield "spec", "Invalid value: exactly one of nodeName, nodeSelector, allNodes is required"
    names = set()
    for index, device in enumerate(devices):
        at = f"spec.devices[{index}]"
        if not is_label(device.get("name", "")):
            yield f"{at}.name", f'Invalid value: "{device.get("name")}"'
        if device.get("name") in names:
            yield f"{at}.name", f'Duplicate value: "{device["name"]}"'
        names.add(device.get("name"))
        for key, value in (device.get("attributes") or {}).items():
            if len(value.get("string") or "") > ATTRIBUTE_CHARACTERS:
                yield f"{at}.attributes[{key}].string", "Too long: may not be more than 64 bytes"


def _resource_claim(body: Body) -> Iterator[Cause]:
    devices = (body.get("spec") or {}).get("devices") or {}
    for index, request in enumerate(devices.get("requests") or []):
        at = f"spec.devices.requests[{index}]"
        if not is_label(request.get("name", "")):
            yield f"{at}.name", f'Invalid value: "{request.get("name")}"'
        exactly, first = request.get("exactly"), request.get("firstAvailable")
        if bool(exactly) == bool(first):
            yield at, "Required value: exactly one of `exactly` or `firstAvailable` is required"
        for wanted, place in (
            [(exactly, f"{at}.exactly")]
            if exactly
            else [(sub, f"{at}.firstAvailable[{i}]") for i, sub in enumerate(first or [])]
        ):
            if not wanted.get("deviceClassName"):
                yield f"{place}.deviceClassName", "Required value"
            yield from _expressions(wanted.get("selectors") or [], f"{place}.selectors")


def _pod(body: Body) -> Iterator[Cause]:
    containers = (body.get("spec") or {}).get("containers") or []
    if not containers:
        yield "spec.containers", "Required value"
    for index, container in enumerate(containers):
        if not is_label(container.get("name", "")):
            yield f"spec.containers[{index}].name", f'Invalid value: "{container.get("name")}"'
        if not container.get("image"):
            yield f"spec.containers[{index}].image", "Required value"


_BY_KIND: dict[str, Callable[[Body], Iterator[Cause]]] = {
    "DeviceClass": _device_class,
    "ResourceQuota": _resource_quota,
    "RoleBinding": _role_binding,
    "ClusterRoleBinding": _role_binding,
    "Node": _node,
    "DeviceTaintRule": _device_taint_rule,
    "ResourceSlice": _resource_slice,
    "ResourceClaim": _resource_claim,
    "Pod": _pod,
    "ClusterQueue": kueue_rules.cluster_queue,
    "MultiKueueCluster": kueue_rules.multi_kueue_cluster,
}


def faults(kind: str, plural: str, body: Body) -> list[Cause]:
    found = list(metadata_faults(plural, body["metadata"]))
    if kind in _BY_KIND:
        found += _BY_KIND[kind](body)
    return found


# What cannot change once the object is there; (kind, path).
IMMUTABLE = {
    "RoleBinding": (("roleRef",),),
    "ClusterRoleBinding": (("roleRef",),),
    "ResourceClaim": (("spec",),),
    "ResourceSlice": (("spec", "driver"), ("spec", "nodeName")),
    "Secret": (("type",),),
    "LocalQueue": (("spec", "clusterQueue"),),
}


def immutable_faults(kind: str, before: Body, after: Body) -> list[Cause]:
    found = []
    for path in IMMUTABLE.get(kind, ()):
        old, new = _at(before, path), _at(after, path)
        if old != new:
            why = "cannot change roleRef" if path == ("roleRef",) else "field is immutable"
            found.append((".".join(path), f"Invalid value: {new}: {why}"))
    return found


def _at(body: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body
