"""Content -> HTML page, Markdown, JSON, CSV: text in memory, nothing written here."""

from __future__ import annotations

import csv
import io
import json
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from .. import __version__, plots
from ..results import plain
from . import words
from .tables import effect_rows, member_columns, member_rows, section_rows, unit_rows

if TYPE_CHECKING:
    from jinja2 import Environment

    from .content import Content


FIGURES = ("trade", "remittances", "gdp_per_head", "imports")  # effects that get a figure of their own


@lru_cache
def _environment() -> Environment:
    import jinja2

    folder = resources.files("eaeu_analysis.report") / "templates"
    loader = jinja2.FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8"))
    made = jinja2.Environment(
        loader=loader,
        autoescape=jinja2.select_autoescape(["html"], default_for_string=True),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["cell"] = _cell
    return made


def _cell(text: Any) -> str:
    """Text for a Markdown table cell: pipes and line breaks would end it."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def figures(content: Content) -> dict[str, str]:
    """An SVG per outcome that has a comparison, by the outcome's name."""
    drawn = {}
    for section in content.sections:
        if section.narrow is None:
            continue
        figure = plots.new_figure(5.6, 3.6)
        with plots.styled():
            ax = figure.subplots()
            plots.draw(section.narrow, ax)
            ax.set_title(words.title(section), fontsize=9.5)
            plots.source_line(figure, section.narrow.provenance)
            drawn[section.outcome] = plots.svg(figure, words.alt(section))
    for question, effect in content.effects.effects.items() if content.effects else ():
        if question.pool == "wide" and question.outcome in FIGURES:
            figure = plots.new_figure(5.6, 3.6)
            with plots.styled():
                ax = figure.subplots()
                plots.draw(effect, ax)
                ax.set_title(words.effect_title(effect, question.outcome), fontsize=9.5)
                plots.source_line(figure, effect.provenance)
                drawn[f"effect-{question.outcome}"] = plots.svg(figure, words.effect_alt(effect, question.outcome))
    return drawn


def view(content: Content, drawn: dict[str, str]) -> dict[str, Any]:
    """What the templates see: plain strings and lists."""
    cards = [
        {
            "id": section.outcome,
            "name": section.short[:1].upper() + section.short[1:],
            "title": words.title(section),
            "finding": words.finding(section),
            "verdict": words.verdict(section),
            "svg": drawn.get(section.outcome),
            "checks": [{"mark": c.mark, "name": c.name, "text": c.text} for c in section.narrow.checks]
            if section.narrow
            else [],
            "dropped": list(section.narrow.pool.dropped) if section.narrow else [],
            "rows": unit_rows(section),
            "unit": section.narrow.outcome.unit if section.narrow else "",
            "windows": _windows(section),
            "sources": section.narrow.provenance.lines() if section.narrow else [],
            "note": section.narrow.outcome.note if section.narrow else "",
        }
        for section in content.sections
    ]
    first = next(s.narrow for s in content.sections if s.narrow)
    return {
        "version": __version__,
        "name": content.name,
        "bloc": content.bloc,
        "event": content.event,
        "before": words.span(first.windows.before),
        "after": words.span(first.windows.after),
        "skipped": ", ".join(map(str, first.windows.skipped)),
        "pool": [f"{first.names[u]} ({u})" for u in first.pool.units],
        "pool_rule": first.pool.label,
        "wide_rule": next(
            (s.wide.pool.rule for s in content.sections if s.wide), "the economies nearest to it before."
        ),
        "owners": "; ".join(sorted({info.source for info in content.series if info.source})),
        "level": f"{first.level:.0%}",
        "answers": words.answers(content),
        "cards": cards,
        "member_columns": member_columns(content),
        "member_rows": member_rows(content),
        "effects": effect_rows(content),
        "effects_missing": content.effects_missing,
        "effects_method": content.effects.provenance.method if content.effects else "",
        "effects_drawn": [
            {"id": f"effect-{name}", "svg": drawn[f"effect-{name}"], "verdict": words.effect_verdict(content, name)}
            for name in FIGURES
            if f"effect-{name}" in drawn
        ],
        "limits": content.limits,
        "series": content.series,
        "vintages": _vintages(content),
        "source": content.source,
    }


def _windows(section: Any) -> dict[str, str]:
    if section.narrow is None:
        return {"before": "", "after": "", "latest": ""}
    spec = section.narrow.windows
    return {
        "before": words.span(spec.before),
        "after": words.span(spec.after),
        "latest": words.span(spec.latest) if spec.latest else "",
    }


def _vintages(content: Content) -> str:
    dates = sorted({info.vintage for info in content.series if info.vintage})
    return f"{dates[0]} to {dates[-1]}" if len(dates) > 1 else dates[0] if dates else "not stated"


def html(content: Content, drawn: dict[str, str]) -> str:
    """The self-contained page."""
    return _environment().get_template("page.html").render(view(content, drawn))


def markdown(content: Content, drawn: dict[str, str]) -> str:
    """The same in Markdown; figures are files beside it."""
    return _environment().get_template("page.md").render(view(content, drawn))


def document(content: Content) -> str:
    """The same as JSON, for programs."""
    body = {
        "version": __version__,
        "question": {"unit": content.unit, "bloc": content.bloc, "event": content.event, "source": content.source},
        "answers": words.answers(content),
        "outcomes": [section_rows(section) for section in content.sections],
        "effects": plain(content.effects.to_frame().to_dict(orient="records")) if content.effects else [],
        "members": plain(content.members.to_frame().to_dict(orient="records")),
        "limits": [vars(limit) for limit in content.limits],
        "series": [
            {
                "code": info.code,
                "label": info.label,
                "unit": info.unit,
                "source": info.source,
                "vintage": info.vintage,
                "vintage_note": info.vintage_note,
                "retrieved": info.retrieved,
                "licence": info.licence,
            }
            for info in content.series
        ],
    }
    return json.dumps(plain(body), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def tables(content: Content) -> dict[str, str]:
    """CSV text by file name: a row per unit and outcome, the members' table, the values behind the figures."""
    units, values = [], []
    for section in content.sections:
        if section.narrow is None:
            continue
        units += [{"outcome": section.outcome, **row} for row in section.narrow.to_frame().to_dict(orient="records")]
        table, unit = plots.shown(section.narrow)
        for year, line in table.iterrows():
            for economy, value in line.dropna().items():
                values.append(
                    {"outcome": section.outcome, "economy": economy, "year": year, "value": value, "unit": unit}
                )
    members = content.members.to_frame().to_dict(orient="records")
    return {
        "before_after.csv": _csv(units),
        "members.csv": _csv(members),
        **({"effects.csv": _csv(content.effects.to_frame().to_dict(orient="records"))} if content.effects else {}),
        "figures.csv": _csv(values),
    }


def _csv(rows: list[dict[Any, Any]]) -> str:
    """CSV in which no cell is a formula to a spreadsheet: text that begins like one gets an apostrophe before it."""
    buffer = io.StringIO()
    if rows:
        writer = csv.DictWriter(buffer, fieldnames=[str(k) for k in rows[0]], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({str(k): _safe(plain(v)) for k, v in row.items()})
    return buffer.getvalue()


def _safe(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return "" if value is None else value
