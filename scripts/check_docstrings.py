"""Checks the docstrings of public names and of the classes that they take and return, by numpydoc's rules.

    python scripts/check_docstrings.py [NAME ...]

Functions and methods need a summary line, every parameter with its type and description, what is returned, and (public
names) an example. Classes need a summary line and every field under Parameters or Attributes. Ends with 1 and a list
of what is missing. Left out are numpydoc's rules of style:

    GL01-GL03, GL07, GL09, GL10   where quotes and blank lines stand, the order of sections
    SS02-SS05, ES01               the form of the summary; a longer text is not required
    PR05, PR06, PR08, PR09        the spelling of types, capitals and full stops
    RT02, RT04, RT05, YD01        the form of Returns
    SA01-SA04                     See Also
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate

import eaeu_analysis as ea

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "docs" / "_ext"))
from api_pages import classes, returned

ALWAYS = {"GL05", "GL06", "GL08", "SS01", "SS06"}
OF_FUNCTIONS = ALWAYS | {"PR01", "PR02", "PR03", "PR04", "PR07", "PR10", "RT01", "RT03"}
EXAMPLE = "EX01"
SECTIONS = ("Parameters", "Attributes")


def full_name(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"


def public_objects() -> tuple[dict[str, Any], dict[str, type]]:
    """Functions by public name, and classes: public ones and those that the functions take or return."""
    functions = {name: getattr(ea, name) for name in ea.__all__ if inspect.isfunction(getattr(ea, name))}
    kinds = [value for name in ea.__all__ if isinstance(value := getattr(ea, name), type)]
    for function in functions.values():
        kinds += returned(function)
        for annotation in function.__annotations__.values():
            kinds += [kind for kind in classes(annotation, import_module(function.__module__)) if is_dataclass(kind)]
    return functions, {kind.__name__: kind for kind in kinds}


def problems_of_function(value: Any, codes: set[str]) -> Iterator[str]:
    for code, text in validate(full_name(value))["errors"]:
        if code in codes:
            yield f"{code} {text}"


def problems_of_class(kind: type) -> Iterator[str]:
    yield from problems_of_function(kind, ALWAYS)
    texts = [NumpyDocString(inspect.cleandoc(base.__doc__ or "")) for base in kind.__mro__ if is_dataclass(base)]
    rows = [row for text in texts for name in SECTIONS for row in text[name]]  # a field that a base describes counts
    described = {part.strip() for row in rows for part in row.name.split(",") if row.desc}
    if is_dataclass(kind):
        own = [field.name for field in fields(kind) if not field.name.startswith("_")]
        if missing := [name for name in own if name not in described]:
            yield f"fields {', '.join(missing)} are not described under {' or '.join(SECTIONS)}"
    for name in vars(kind):
        if not name.startswith("_") and is_method(vars(kind)[name]) and not inspect.getdoc(getattr(kind, name)):
            yield f"{name} has no docstring"


def is_method(member: object) -> bool:
    return inspect.isfunction(member) or isinstance(member, (property, cached_property, staticmethod, classmethod))


def main() -> int:
    functions, kinds = public_objects()
    wanted = set(sys.argv[1:]) or {*functions, *kinds}
    if unknown := wanted - {*functions, *kinds}:
        raise SystemExit(f"no public name or class {', '.join(sorted(unknown))}")
    found = {name: list(problems_of_function(value, OF_FUNCTIONS | {EXAMPLE})) for name, value in functions.items()}
    found |= {name: list(problems_of_class(kind)) for name, kind in kinds.items()}
    found = {name: rows for name, rows in sorted(found.items()) if rows and name in wanted}
    for name, rows in found.items():
        value = functions.get(name) or kinds[name]
        where = Path(inspect.getsourcefile(value) or "").relative_to(Path(ea.__file__).parents[1])
        print(f"{name} ({where}:{inspect.getsourcelines(value)[1]})", *(f"    {row}" for row in rows), sep="\n")
    print(f"{len(wanted) - len(found)} of {len(wanted)} docstrings of public names and classes are complete")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
