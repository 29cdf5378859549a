"""Kubernetes' quantities: `1`, `500m`, `16Gi`, `2e3`."""

from __future__ import annotations

import re
from fractions import Fraction

_FORM = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?")
_SCALE = {
    "m": Fraction(1, 1000),
    "k": Fraction(10**3),
    **{unit: Fraction(1000) ** n for n, unit in enumerate("MGTPE", 2)},
    **{f"{unit}i": Fraction(1024) ** n for n, unit in enumerate("KMGTPE", 1)},
}


class BadQuantity(ValueError):
    pass


def parse_quantity(value: object) -> Fraction:
    found = _FORM.fullmatch(str(value))
    if isinstance(value, bool) or not found:
        raise BadQuantity(value)
    sign, number, unit = found.groups()
    if unit and unit[0] in "eE" and unit not in _SCALE:
        scale = Fraction(10) ** int(unit[1:])
    else:
        scale = _SCALE.get(unit, Fraction(1))
    amount = Fraction(number.rstrip(".")) * scale
    return -amount if sign == "-" else amount


def written(amount: Fraction) -> str:
    if amount.denominator == 1:
        return str(amount.numerator)
    return f"{(amount * 1000).numerator // (amount * 1000).denominator}m"


def canonical(value: object) -> str:
    """As the real server writes it back: `1000` is `1k`, `0.5` is `500m`, `1024Mi` is `1Gi`."""
    amount = parse_quantity(value)
    if str(value).endswith("i"):
        return _scaled(amount, 1024, ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))
    if amount.denominator != 1:
        return written(amount)
    return _scaled(amount, 1000, ("", "k", "M", "G", "T", "P", "E"))


def _scaled(amount: Fraction, base: int, units: tuple[str, ...]) -> str:
    for unit in units:
        if amount == 0 or unit == units[-1] or (amount / base).denominator != 1:
            return f"{amount.numerator}{unit}"
        amount /= base
    raise AssertionError(units)
