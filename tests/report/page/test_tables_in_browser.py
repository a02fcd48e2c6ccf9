"""Figures and tables of the report's pages in Chromium: values behind them, downloads, reading by keys, sorting."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from chromium import MARKS, at, opened_at

from eaeu_analysis.reference import economies

pytest.importorskip("playwright.sync_api")
pytestmark = list(MARKS)


def table_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def behind(page: Any, report: Path, link: Any) -> str:
    """The text of the file that a link names."""
    assert link.count() == 1
    return (report.parent / link.get_attribute("href")).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["members.html", "members.uz.html", "joining.ru.html", "data.html"])
def test_a_table_stands_in_rows_and_columns(browser: Any, report: Path, name: str) -> None:
    page = opened_at(browser, at(report, name))
    uneven = page.evaluate(
        """() => [...document.querySelectorAll('.scroll table')].flatMap(table => {
            const boxes = [...table.rows].map(row => [...row.cells].map(cell => cell.getBoundingClientRect()));
            const level = boxes.every(row => row.every(box => Math.abs(box.top - row[0].top) < 1));
            const plumb = boxes.every(row => row.every((box, i) => Math.abs(box.right - boxes[0][i].right) < 1));
            return level && plumb ? [] : [table.id];
        })"""
    )
    assert page.locator(".scroll table").count() >= 1
    assert uneven == []
    page.context.close()


def test_a_table_downloads_as_it_stands(browser: Any, report: Path) -> None:
    places = {"fared": ("numbers-trade", "effects-table"), "members": ("members-table",), "data": ("series-table",)}
    for file, names in places.items():
        page = opened_at(browser, at(report, f"{file}.html"))
        for name in names:
            text = behind(page, report, page.locator(f"a[download='{name}.csv']"))
            shown = page.evaluate(
                """name => [...document.getElementById(name).rows].map(row => [...row.cells].map(cell =>
                     [...(cell.querySelector('button') ?? cell).childNodes].map(n => n.textContent.trim())
                     .filter(t => t).join('; ')))""",
                name,
            )
            plain = [[cell.replace("\u00a0", " ") for cell in row] for row in shown]  # a file has ordinary spaces
            assert table_of(text) == plain
            assert len(shown) > 3
        page.context.close()


def test_a_figure_downloads_the_values_of_the_tables(kept: Any, report: Path) -> None:
    """The CSV behind a figure holds the numbers of tables/figures.csv, which hold those of the panel."""
    behind_it = table_of(behind(kept, report, kept.locator("a[download='trade.csv']")))
    with (report.parent / "tables" / "figures.csv").open(encoding="utf-8", newline="") as handle:
        full = {(r["economy"], r["year"]): r["value"] for r in csv.DictReader(handle) if r["outcome"] == "trade"}
    header, *lines = behind_it
    codes = [economies.resolve(name) for name in header[1:]]
    read = {(e, line[0]): v for line in lines for e, v in zip(codes, line[1:], strict=True) if v}
    assert read == full
    assert len(read) > 100


def test_every_figure_has_its_values_behind_it(kept: Any, report: Path) -> None:
    assert kept.locator("figure").count() >= 12
    links = kept.evaluate("[...document.querySelectorAll('figure')].map(f => f.querySelectorAll('a[download]').length)")
    assert set(links) == {2}  # the picture, and its values
    assert kept.evaluate("[...document.querySelectorAll('.plot img')].every(i => i.alt.length > 40)")


def test_hover_and_arrow_keys_read_the_values_of_the_csv(page: Any, report: Path) -> None:
    header, *lines = table_of(behind(page, report, page.locator("a[download='trade.csv']")))
    plot = page.locator("#trade .plot")
    plot.scroll_into_view_if_needed()
    data = json.loads(plot.get_attribute("data-values"))
    box = plot.bounding_box()
    line = next(row for row in lines if row[0] == "2012")
    left, top, wide, high = data["box"]
    low, right = data["x"]
    scale = box["width"] / data["view"][0]
    y0, y1 = data["y"]

    def down(value: str) -> float:
        return top + high * (1 - (float(value) - y0) / (y1 - y0))

    x = left + wide * (2012 - low) / (right - low)
    page.mouse.move(box["x"] + x * scale, box["y"] + down(line[3]) * scale)
    tip = plot.locator(".tip")
    assert tip.is_visible()
    stated = tip.inner_text()
    assert stated.splitlines()[0] == "2012"
    for name, value in zip(header[1:], line[1:], strict=True):
        assert name in stated
        assert f"{float(value):.1f}" in stated
    assert header[3] in tip.locator(".near").inner_text()  # the line under the pointer is the one that is lit
    spots = plot.locator("svg .spot")
    assert spots.count() == len(header) - 1
    assert abs(float(spots.first.get_attribute("cy")) - down(line[1])) < 0.01
    page.keyboard.press("Escape")
    plot.focus()
    page.keyboard.press("Home")
    assert tip.inner_text().splitlines()[0] == lines[0][0]
    page.keyboard.press("ArrowRight")
    assert tip.inner_text().splitlines()[0] == lines[1][0]
    page.keyboard.press("Escape")
    assert not tip.is_visible()


def test_spots_lie_on_the_drawn_line(browser: Any, report: Path) -> None:
    """Where the script puts a value is where the picture was drawn: the own line passes through every spot."""
    page = opened_at(browser, f"{report.as_uri()}#door-fared")
    page.locator("#door-fared summary").first.click()
    away = page.evaluate(
        """() => {
            const plot = document.querySelector('#door-fared .plot');
            plot.focus(); plot.dispatchEvent(new KeyboardEvent('keydown', {key: 'Home'}));
            const spots = [];
            for (let i = 0; i < 10; i++) {
                const s = plot.querySelector('.spot');
                spots.push([Number(s.getAttribute('cx')), Number(s.getAttribute('cy'))]);
                plot.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}));
            }
            const paths = [...plot.querySelectorAll('path.line.own')];
            return spots.map(([x, y]) => Math.min(...paths.flatMap(p => {
                const n = 400, long = p.getTotalLength();
                return Array.from({length: n + 1}, (_, i) => p.getPointAtLength(long * i / n))
                    .map(q => Math.hypot(q.x - x, q.y - y));
            })));
        }"""
    )
    assert len(away) == 10
    assert max(away) < 1.0  # units; the line is 3 wide
    page.context.close()


def test_a_table_sorts_by_its_heads_with_mouse_and_keyboard(page: Any) -> None:
    def column(place: int) -> list[str]:
        return page.evaluate(
            """place => [...document.querySelector('#effects-table').tBodies[0].rows]
                 .map(r => r.cells[place].firstChild?.textContent ?? '')""",
            place,
        )

    head = page.locator("#effects-table thead th").nth(4)
    before = column(4)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    numbers = [float(text) for text in column(4) if text]
    assert numbers == sorted(numbers)
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    numbers = [float(text) for text in column(4) if text]
    assert numbers == sorted(numbers, reverse=True)
    assert sorted(column(4)) == sorted(before)
    other = page.locator("#effects-table thead th").nth(0)
    other.locator("button").click()
    assert head.get_attribute("aria-sort") is None
    assert column(0) == sorted(column(0), key=str.casefold)


def test_numbers_with_names_of_size_sort_by_size(browser: Any, report: Path) -> None:
    """'1.84 bn' is more than '950 m', which is more than '2,486'; what is missing goes last both ways."""
    page = opened_at(browser, at(report, "data.html"))
    page.evaluate(
        """() => {
            const rows = ['2,486', 'n/a', '1.84 bn', '-33.7 pp', '950 m', '+0.5 pp'];
            document.querySelector('#series-table').tBodies[0].innerHTML =
                rows.map(t => `<tr><th scope="row"></th><td>${t}</td></tr>`).join('');
            document.querySelector('#series-table thead th:nth-child(2)').classList.add('number');
        }"""
    )
    button = page.locator("#series-table thead th").nth(1).locator("button")
    stated = "[...document.querySelectorAll('#series-table tbody td')].map(c => c.textContent)"
    button.click()
    assert page.evaluate(stated) == ["-33.7 pp", "+0.5 pp", "2,486", "950 m", "1.84 bn", "n/a"]
    button.click()
    assert page.evaluate(stated) == ["1.84 bn", "950 m", "2,486", "+0.5 pp", "-33.7 pp", "n/a"]
    page.context.close()
