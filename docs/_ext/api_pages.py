"""Writes the API pages from lists of public names.

A page lists names in a ``{public}`` block. Each becomes an entry with its signature, docstring and example, and the
classes that the functions of the page return follow under "Results". The classes are found through the annotations of
the functions and of the fields, so no page names a module. Classes that several pages share are listed at the
``{shared-results}`` block. The ``{public-index}`` block is a table of the names on the pages of the toctree.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import import_module
from importlib.util import resolve_name
from pathlib import Path
from types import ModuleType
from typing import Any

import eaeu_analysis as ea

DOCS = Path(__file__).resolve().parents[1]
ROOT_PAGE = "api"
PACKAGE = ea.__name__


def pages() -> dict[str, str]:
    """The text of the API pages by name: the root page and those in its toctree."""
    root = (DOCS / f"{ROOT_PAGE}.md").read_text(encoding="utf-8")
    names = [line for block in blocks("toctree", root) for line in block if not line.startswith(":")]
    return {ROOT_PAGE: root} | {name: (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in names}


def blocks(kind: str, text: str) -> list[list[str]]:
    """The lines of each fenced block of a kind."""
    return [body.split() for body in re.findall(rf"^```\{{{kind}\}}\n(.*?)^```$", text, re.M | re.S)]


def public_names(text: str) -> list[str]:
    """The public names that a page lists."""
    return [name for block in blocks("public", text) for name in block]


@cache
def results() -> dict[type, str]:
    """The classes that public functions return, what these hold, and the page of each."""
    found: dict[type, str] = {}
    for page, text in pages().items():
        for name in public_names(text):
            for kind in returned(getattr(ea, name)):
                found.setdefault(kind, page)
    users: dict[type, set[str]] = {}
    waiting = list(found)
    for kind in waiting:  # grows while it is read
        for part in [*parts(kind), *bases(kind)]:
            users.setdefault(part, set()).update({found[kind]} if kind in found else users[kind])
            if part not in waiting:
                waiting.append(part)
    for part, where in users.items():
        if part not in found and (len(where) > 1 or not any(part in bases(kind) for kind in found)):
            found[part] = ROOT_PAGE if len(where) > 1 else min(where)
    return {kind: page for kind, page in found.items() if kind.__name__ not in ea.__all__}


def returned(value: Any) -> list[type]:
    """The classes that a public function returns."""
    if not inspect.isfunction(value):
        return []
    return classes(value.__annotations__.get("return", ""), import_module(value.__module__))


def parts(kind: type) -> list[type]:
    """The classes of the fields of a dataclass."""
    annotations = [field.type for field in fields(kind)] if is_dataclass(kind) else []
    return [part for each in annotations for part in classes(each, import_module(kind.__module__))]


def bases(kind: type) -> list[type]:
    """The classes of the package that a class is made from."""
    return [base for base in kind.__mro__[1:] if is_ours(base)]


def is_ours(value: object) -> bool:
    """Whether a value is a class of the package."""
    return isinstance(value, type) and value.__module__.partition(".")[0] == PACKAGE


def classes(annotation: object, module: ModuleType) -> list[type]:
    """The classes of the package that an annotation names; annotations are text where they are postponed."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    names = dict.fromkeys(re.findall(r"(?<![\w.])[A-Za-z_]\w*", text))
    return [value for name in names if is_ours(value := lookup(name, module))]


def lookup(name: str, module: ModuleType) -> Any:
    """The value of a name in a module, which may import it for type checking only."""
    home = imports(module).get(name)
    return getattr(module, name, None) or (getattr(import_module(home), name, None) if home else None)


@cache
def imports(module: ModuleType) -> dict[str, str]:
    """The names that a module imports from the package, and their homes."""
    package = module.__name__ if hasattr(module, "__path__") else module.__name__.rpartition(".")[0]
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.ImportFrom):
            home = resolve_name("." * node.level + (node.module or ""), package)
            if home.partition(".")[0] == PACKAGE:
                found |= {alias.asname or alias.name: home for alias in node.names}
    return found


@cache
def full_names() -> dict[str, str]:
    """Short names and the full names of their entries."""
    classes = {kind.__name__: f"{kind.__module__}.{kind.__qualname__}" for kind in results()}
    return classes | {name: f"{PACKAGE}.{name}" for name in ea.__all__}


def entry(name: str) -> str:
    """The entry of a public name."""
    value = getattr(ea, name)
    if inspect.isfunction(value):
        return f".. autofunction:: {PACKAGE}.{name}\n"
    if isinstance(value, type):
        kinds = value.__subclasses__() if issubclass(value, Exception) else []
        here = [kind for kind in kinds if kind.__module__ == value.__module__]
        return "\n".join([f".. autoclass:: {PACKAGE}.{name}\n   :members:\n", *map(class_entry, here)])
    if callable(value):  # a module that can be called
        text = re.sub(r"^(.+)\n-+$", r".. rubric:: \1", inspect.getdoc(value) or "", flags=re.M)
        body = "".join(f"   {line}".rstrip() + "\n" for line in text.splitlines())
        signature = str(inspect.signature(value)).replace("'", "")
        return f".. py:function:: {name}{signature}\n   :module: {PACKAGE}\n\n{body}"
    return f".. py:data:: {name}\n   :module: {PACKAGE}\n   :type: {type(value).__name__}\n   :value: {value!r}\n"


def class_entry(kind: type) -> str:
    """The entry of a class that is not public itself."""
    options = "   :members:\n" + ("   :show-inheritance:\n" if bases(kind) else "")
    return f".. autoclass:: {kind.__module__}.{kind.__qualname__}\n{options}"


def rst(entries: list[str]) -> str:
    """Entries as a block of a Markdown page."""
    return "```{eval-rst}\n" + "\n".join(entries) + "```"


def index() -> Iterator[str]:
    """A table of names for each page."""
    for page, text in pages().items():
        if page != ROOT_PAGE:
            lines = "".join(f"   ~{PACKAGE}.{name}\n" for name in public_names(text))
            title = text.partition("\n")[0].removeprefix("# ")
            yield f"## [{title}]({page}.md)\n\n{rst(['.. autosummary::', '   :nosignatures:', '', lines])}\n"


def expand(page: str, text: str) -> str:
    """The text of a page with its blocks written out."""
    here = [class_entry(kind) for kind, home in results().items() if home == page]
    entries = [entry(name) for name in public_names(text)]
    if page != ROOT_PAGE and here:
        text += f"\n## Results\n\n{rst(here)}\n"
    text = text.replace("```{public-index}\n```", "\n".join(index()))
    text = text.replace("```{shared-results}\n```", rst(here))
    return re.sub(r"^```\{public\}\n.*?^```$", lambda _: rst(entries), text, flags=re.M | re.S)


def write_out(app: Any, page: str, source: list[str]) -> None:
    """Expand an API page when it is read."""
    if page in pages():
        source[0] = expand(page, source[0])


def readable(app: Any, what: str, name: str, value: Any, options: Any, signature: str | None, returns: Any) -> Any:
    """A signature without the marks of dataclasses for defaults that are made anew."""
    return (signature or "").replace("<factory>", "...") or None, returns


def link(app: Any, env: Any, node: Any, content: Any) -> Any:
    """A reference by a short name, or by a module's, goes to the entry of that name."""
    full = full_names().get(node.get("reftarget", "").rpartition(".")[2])
    if not full or node.get("refdomain") != "py" or node.get("reftype") in ("attr", "data", "meth"):
        return None
    return env.get_domain("py").resolve_xref(env, node["refdoc"], app.builder, "obj", full, node, content)


def shorten_citations(app: Any, tree: Any) -> None:
    """``[1]`` in the text, where numpydoc leaves the label that it uses to distinguish the docstrings of a page."""
    for node in list(tree.findall(lambda node: node.tagname == "#text")):
        if found := re.fullmatch(r"\[R[0-9a-f]{12}-(\w+)\]", node.astext()):
            node.parent.replace(node, type(node)(f"[{found[1]}]"))


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx, which is imported nowhere here, so that the tests do without it."""
    app.connect("source-read", write_out)
    app.connect("autodoc-process-signature", readable)
    app.connect("doctree-read", shorten_citations)
    app.connect("missing-reference", link)
    return {"parallel_read_safe": True}
