"""What the API server answers when it refuses: a Status object with its reason and its code."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details or {}
        self.headers = headers or {}

    def status(self) -> dict[str, Any]:
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            **({"details": self.details} if self.details else {}),
            "code": self.code,
        }


def not_found(plural: str, group: str, name: str) -> Refused:
    of = f"{plural}.{group}" if group else plural
    details = {"name": name, "group": group, "kind": plural}
    return Refused(404, "NotFound", f'{of} "{name}" not found', details)


def already_exists(plural: str, group: str, name: str) -> Refused:
    of = f"{plural}.{group}" if group else plural
    details = {"name": name, "group": group, "kind": plural}
    return Refused(409, "AlreadyExists", f'{of} "{name}" already exists', details)


def conflict(plural: str, group: str, name: str, why: str) -> Refused:
    of = f"{plural}.{group}" if group else plural
    details = {"name": name, "group": group, "kind": plural}
    message = f'Operation cannot be fulfilled on {of} "{name}": {why}'
    return Refused(409, "Conflict", message, details)


MODIFIED = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


def forbidden(plural: str, group: str, name: str, why: str) -> Refused:
    of = f"{plural}.{group}" if group else plural
    named = f' "{name}"' if name else ""
    details = {"name": name, "group": group, "kind": plural}
    return Refused(403, "Forbidden", f"{of}{named} is forbidden: {why}", details)


def bad_request(message: str) -> Refused:
    return Refused(400, "BadRequest", message)


def gone(message: str) -> Refused:
    return Refused(410, "Expired", message)


def invalid(kind: str, group: str, name: str, causes: list[tuple[str, str]]) -> Refused:
    """`causes`: (field, what is wrong with it)."""
    of = f"{kind}.{group}" if group else kind
    told = [f"{field}: {what}" for field, what in causes]
    text = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    details = {
        "name": name,
        "group": group,
        "kind": kind,
        "causes": [
            {"reason": "FieldValueInvalid", "message": what, "field": field}
            for field, what in causes
        ],
    }
    return Refused(422, "Invalid", f'{of} "{name}" is invalid: {text}', details)


UNAUTHORIZED = Refused(401, "Unauthorized", "Unauthorized")
