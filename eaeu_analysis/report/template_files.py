"""The files in ``templates``, and the engine that fills them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment


@lru_cache
def template_file(name: str) -> str:
    """The text of one file."""
    return (resources.files("eaeu_analysis.report") / "templates" / name).read_text(encoding="utf-8")


def template_engine(filters: Mapping[str, Callable[..., Any]] | None = None, **options: Any) -> Environment:
    """Jinja over these files: what HTML prints is escaped, and a name without a value is an error."""
    import jinja2

    engine = jinja2.Environment(
        loader=jinja2.FunctionLoader(template_file),
        autoescape=jinja2.select_autoescape(["html", "xml"], default_for_string=True),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **options,
    )
    engine.filters.update(filters or {})
    return engine
