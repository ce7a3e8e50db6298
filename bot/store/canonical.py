"""Canonical JSON (RFC 8785): one text for one value, whoever writes it. It is what is hashed and signed."""

from __future__ import annotations

import json
import math
from typing import Any

LARGEST = 2**53 - 1  # beyond it other programs read another integer


def canonical(value: Any) -> str:
    """The text of a JSON value of dict (with text keys), list, tuple, str, int, float, bool and None.

    Raises `ValueError` for numbers that JSON does not carry faithfully, `TypeError` for all that is no JSON.
    """
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise ValueError(f"{value} is too large for JSON that everybody reads alike")
        return str(int(value))
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list | tuple):
        return f"[{','.join(map(canonical, value))}]"
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise TypeError("the names in a JSON object are texts")
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be", "surrogatepass"))
        return f"{{{','.join(f'{canonical(name)}:{canonical(each)}' for name, each in members)}}}"
    raise TypeError(f"{type(value).__name__} is no JSON")


def _number(value: float) -> str:
    """As ECMAScript writes it (ECMA-262, Number::toString): the shortest digits that mean this number."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number of JSON")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)
    leading = whole + fraction
    digits = leading.lstrip("0")
    point -= len(leading) - len(digits)  # 0.digits × 10^point
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{rest}e{point - 1:+d}"
