"""Global ids (GraphQL Global Object Identification): base64 of "Type:number"."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

LARGEST = 2**31 - 1
"""Of the database's ids; a larger number is an id of nothing."""


def global_id(type_name: str, number: int) -> str:
    return base64.b64encode(f"{type_name}:{number}".encode()).decode()


NOTHING = -1

NAMES_OF_KINDS = {
    "pool": "Pool",
    "group": "Group",
    "user": "User",
    "job": "Job",
    "device": "Device",
    "node": "ClusterNode",
    "type": "DeviceType",
    "webhook": "Webhook",
    "target": "DvsTarget",
    "feature_store": "FeatureStore",
    "remote_cluster": "RemoteCluster",
    "token": "ApiToken",
    "session": "Session",
}
"""The type names of the objects that refusals and audit entries speak of."""


def parse_id(value: str) -> tuple[str, int] | None:
    """Type name and number; None for anything that is no id of ours."""
    try:
        type_name, _, number = base64.b64decode(value, validate=True).decode().partition(":")
        if not (number.isdecimal() and number.isascii()) or int(number) > LARGEST:
            return None
        return type_name, int(number)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None


def numbers_or_nothing(values: Sequence[str], type_name: str) -> tuple[int, ...]:
    """The numbers of ids of one type, for an operation: what is no such id is that of nothing."""
    parsed = [parse_id(value) for value in values]
    return tuple(
        found[1] if found is not None and found[0] == type_name else NOTHING for found in parsed
    )


def numbers(values: Sequence[str] | None, type_name: str) -> frozenset[int] | None:
    """The numbers of ids of one type, None for no filter; an id of another type matches nothing."""
    if values is None:
        return None
    parsed = (parse_id(value) for value in values)
    return frozenset(found[1] for found in parsed if found is not None and found[0] == type_name)
