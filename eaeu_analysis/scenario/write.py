"""A scenario written out in full, as a file that is read back as the same one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from .model.quantities import Quantity

if TYPE_CHECKING:
    from .schema import Scenario

KINDS = {
    "fixed": ("value",),
    "normal": ("mean", "sd"),
    "uniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
}


def scenario_toml(scenario: Scenario) -> str:
    """The scenario as a file that is read back as the same one: every number with its distribution and reference."""
    head = {name: getattr(scenario, name) for name in ("name", "title", "question", "economy", "bloc", "joins")}
    lines = [f"{key} = {plain_text(value)}" for key, value in head.items()]
    for key in ("channels", "references", "notes"):
        lines.append(f"{key} = {plain_text(getattr(scenario, key))}")
    blocks = [n for n in type(scenario).model_fields if isinstance(getattr(scenario, n), BaseModel)]
    for block in blocks:
        lines += ["", f"[{block}]", *_block(getattr(scenario, block))]
    for pair in scenario.joint:
        lines += ["", "[[joint]]", f"of = {plain_text(pair.of)}", f"correlation = {plain_text(pair.correlation)}"]
    return "\n".join(lines) + "\n"


def _block(part: Any) -> list[str]:
    lines, tables = [], []
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if value is None or (value == field.default and not isinstance(value, Quantity)):
            continue
        if isinstance(value, Quantity):
            if value.kind == "fixed" and not value.reference and value == field.default:
                continue
            lines.append(f"{name} = {number_text(value)}")
        elif isinstance(value, BaseModel):
            lines.append(f"{name} = {{ {', '.join(f'{key} = {number}' for key, number in value)} }}")
        elif isinstance(value, dict):
            if value:
                tables.append(
                    f"{name} = {{ {', '.join(f'{json.dumps(k)} = {plain_text(v)}' for k, v in value.items())} }}"
                )
        else:
            lines.append(f"{name} = {plain_text(value)}")
    return lines + tables


def number_text(value: Quantity) -> str:
    """A number, or a distribution as an inline table with its reference."""
    if value.kind == "fixed" and not value.reference:
        return plain_text(value.value)
    parts = [f'kind = "{value.kind}"', *(f"{name} = {plain_text(getattr(value, name))}" for name in KINDS[value.kind])]
    if value.reference:
        parts.append(f"reference = {plain_text(value.reference)}")
    return f"{{ {', '.join(parts)} }}"


def plain_text(value: Any) -> str:
    """A TOML value: JSON's strings, numbers and lists of strings are TOML's too."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(plain_text(v) for v in value)}]"
    return json.dumps(value, ensure_ascii=False)
