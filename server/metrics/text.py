"""The two text formats that Prometheus reads: 0.0.4, and OpenMetrics 1.0 where it is asked for."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Samples: TypeAlias = Iterable[tuple[Mapping[str, str], float | int]]
"""Labels and value."""


class Format(enum.Enum):
    """By media type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Kind(enum.Enum):
    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Family:
    name: str
    kind: Kind
    help: str

    def head(self, format: Format) -> str:
        """Its HELP and TYPE lines."""
        name, kind = self.name, self.kind.value
        if format is Format.OPENMETRICS and self.kind is Kind.COUNTER:
            # There a counter's samples must end with _total. A name that dashboards know is worth
            # more than the word "counter".
            name, kind = (
                (name.removesuffix("_total"), kind)
                if name.endswith("_total")
                else (name, "unknown")
            )
        told = self.help.replace("\\", "\\\\").replace("\n", "\\n")
        if format is Format.OPENMETRICS:
            told = told.replace('"', '\\"')
        return f"# HELP {name} {told}\n# TYPE {name} {kind}\n"

    def written(self, format: Format, samples: Samples) -> str:
        """The whole family; nothing where it has no sample."""
        lines = [f"{self.name}{written_labels(labels)} {value}\n" for labels, value in samples]
        return self.head(format) + "".join(lines) if lines else ""


def written_labels(labels: Mapping[str, str]) -> str:
    """`{name="value",...}`; nothing where there are none."""
    if not labels:
        return ""
    return "{" + ",".join([f'{name}="{_escaped(text)}"' for name, text in labels.items()]) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def choose_format(accept: str | None) -> Format:
    """OpenMetrics where it is named and not wanted less than plain text; else plain text."""
    weights = {"application/openmetrics-text": 0.0, "text/plain": 0.0}
    for part in (accept or "").split(","):
        media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if media_type in weights:
            weights[media_type] = max(weights[media_type], quality(parameters))
    openmetrics, plain = weights.values()
    return Format.OPENMETRICS if openmetrics and openmetrics >= plain else Format.TEXT


def takes_gzip(accept_encoding: str | None) -> bool:
    for part in (accept_encoding or "").split(","):
        coding, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if coding in ("gzip", "*"):
            return quality(parameters) > 0
    return False


def quality(parameters: Iterable[str]) -> float:
    """The weight among a media range's parameters (RFC 9110, section 12.4.2); 1 without one."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
