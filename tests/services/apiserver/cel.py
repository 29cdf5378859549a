"""Enough of CEL for the selectors of device classes: which devices does an expression choose?

`&&`, `||`, `!`, comparisons, `in`, lists, indexes, members, strings, numbers, booleans, `? :` and a
few methods. An expression beyond that is refused as the real server refuses what does not compile;
the real one knows more.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<string>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<symbol>&&|\|\||==|!=|<=|>=|[-!<>().,\[\]?:+*%/]))"
)


class BadExpression(ValueError):
    """It does not compile, or cannot be evaluated on this device."""


Evaluate = Callable[[Mapping[str, Any]], Any]


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        text = text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if not found:
                raise BadExpression(
                    f"Syntax error: token recognition error at: '{text[at : at + 20]}'"
                )
            kind = str(found.lastgroup)
            self.tokens.append((kind, found[kind]))
            at = found.end()
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at][0] != "string":
            token = self.tokens[self.at][1]
            if token in wanted:
                self.at += 1
                return token
        return None

    def need(self, wanted: str) -> None:
        if not self.take(wanted):
            raise BadExpression(f"Syntax error: mismatched input '{self.peek() or '<EOF>'}'")

    def expression(self) -> Evaluate:
        condition = self.binary(0)
        if not self.take("?"):
            return condition
        then = self.expression()
        self.need(":")
        other = self.expression()
        return lambda scope: then(scope) if condition(scope) else other(scope)

    LEVELS = (
        ("||",),
        ("&&",),
        ("==", "!=", "<", "<=", ">", ">=", "in"),
        ("+", "-"),
        ("*", "/", "%"),
    )

    def binary(self, level: int) -> Evaluate:
        if level == len(self.LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while operator := self.take(*self.LEVELS[level]):
            left = _binary(operator, left, self.binary(level + 1))
        return left

    def unary(self) -> Evaluate:
        if self.take("!"):
            below = self.unary()
            return lambda scope: not _boolean(below(scope))
        if self.take("-"):
            number = self.unary()
            return lambda scope: -number(scope)
        return self.member()

    def member(self) -> Evaluate:
        value = self.primary()
        while True:
            if self.take("."):
                name = self.name()
                value = self.method(value, name) if self.take("(") else _member(value, name)
            elif self.take("["):
                index = self.expression()
                self.need("]")
                value = _index(value, index)
            else:
                return value

    def name(self) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at][0] != "name":
            raise BadExpression(f"Syntax error: mismatched input '{self.peek() or '<EOF>'}'")
        self.at += 1
        return self.tokens[self.at - 1][1]

    def method(self, value: Evaluate, name: str) -> Evaluate:
        arguments = self.listed(")")
        if name not in _METHODS:
            raise BadExpression(f"undeclared reference to '{name}'")
        call = _METHODS[name]
        return lambda scope: call(value(scope), *(argument(scope) for argument in arguments))

    def listed(self, end: str) -> list[Evaluate]:
        found: list[Evaluate] = []
        while not self.take(end):
            found.append(self.expression())
            if not self.take(","):
                self.need(end)
                break
        return found

    def primary(self) -> Evaluate:
        if self.at >= len(self.tokens):
            raise BadExpression("Syntax error: mismatched input '<EOF>'")
        kind, token = self.tokens[self.at]
        if kind == "string":
            self.at += 1
            inner = token[1:-1].replace('"', '\\"') if token[0] == "'" else token[1:-1]
            text = json.loads(f'"{inner}"')
            return lambda scope: text
        if kind == "number":
            self.at += 1
            number = float(token) if "." in token else int(token)
            return lambda scope: number
        if self.take("("):
            inside = self.expression()
            self.need(")")
            return inside
        if self.take("["):
            items = self.listed("]")
            return lambda scope: [item(scope) for item in items]
        name = self.name()
        if name in ("true", "false"):
            return lambda scope: name == "true"
        if name != "device":
            raise BadExpression(f"undeclared reference to '{name}' (in container '')")
        return lambda scope: scope["device"]


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadExpression("no such overload")
    return value


def _binary(operator: str, left: Evaluate, right: Evaluate) -> Evaluate:
    if operator == "&&":
        return lambda scope: _boolean(left(scope)) and _boolean(right(scope))
    if operator == "||":
        return lambda scope: _boolean(left(scope)) or _boolean(right(scope))
    act = _OPERATORS[operator]
    return lambda scope: act(left(scope), right(scope))


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "in": lambda a, b: a in b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b if isinstance(a, int) else a / b,
    "%": lambda a, b: a % b,
}
_METHODS: dict[str, Callable[..., Any]] = {
    "substring": lambda text, start, end=None: text[start:end],
    "startsWith": lambda text, start: text.startswith(start),
    "endsWith": lambda text, end: text.endswith(end),
    "contains": lambda text, part: part in text,
    "matches": lambda text, pattern: re.search(pattern, text) is not None,
    "lowerAscii": lambda text: text.lower(),
    "upperAscii": lambda text: text.upper(),
    "size": len,
}


def _member(value: Evaluate, name: str) -> Evaluate:
    def evaluate(scope: Mapping[str, Any]) -> Any:
        holder = value(scope)
        if not isinstance(holder, Mapping) or name not in holder:
            raise BadExpression(f"no such key: {name}")
        return holder[name]

    return evaluate


def _index(value: Evaluate, index: Evaluate) -> Evaluate:
    def evaluate(scope: Mapping[str, Any]) -> Any:
        holder, key = value(scope), index(scope)
        try:
            return holder[key]
        except (KeyError, IndexError, TypeError) as why:
            raise BadExpression(f"no such key: {key}") from why

    return evaluate


@functools.lru_cache(maxsize=512)
def parse(text: str) -> Evaluate:
    parser = _Parser(text)
    evaluate = parser.expression()
    if parser.at < len(parser.tokens):
        raise BadExpression(f"Syntax error: extraneous input '{parser.peek()}'")
    return evaluate


class _ByDomain(dict[str, Any]):
    """A domain that a device has no attribute of is an empty map, not an error."""

    def __missing__(self, domain: str) -> dict[str, Any]:
        return {}


def scope_of(driver: str, device: Mapping[str, Any]) -> dict[str, Any]:
    """What `device` is in an expression; attributes without a domain are the driver's."""
    attributes = _ByDomain()
    for name, value in (device.get("attributes") or {}).items():
        domain, _, identifier = name.rpartition("/")
        plain = next(iter(value.values()), None)
        attributes.setdefault(domain or driver, {})[identifier] = plain
    capacity = _ByDomain()
    for name, value in (device.get("capacity") or {}).items():
        domain, _, identifier = name.rpartition("/")
        capacity.setdefault(domain or driver, {})[identifier] = value.get("value")
    return {"device": {"driver": driver, "attributes": attributes, "capacity": capacity}}


def chooses(expression: str, driver: str, device: Mapping[str, Any]) -> bool:
    try:
        return _boolean(parse(expression)(scope_of(driver, device)))
    except BadExpression:
        return False  # the real scheduler fails the pod with the error; nothing is allocated
