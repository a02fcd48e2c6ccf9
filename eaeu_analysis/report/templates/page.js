"use strict";
// The page works without this script: it adds the theme's button, sorting, the values of a figure, and deep links
// into what is closed. It reads nothing but the page and asks nobody.
(() => {
  const root = document.documentElement;
  const kept = (value) => { // a page opened from disk may be refused its storage: then the choice lasts while it is open
    try {
      if (value === undefined) return localStorage.getItem("eaeu-theme");
      localStorage.setItem("eaeu-theme", value);
    } catch { /* refused */ }
    return null;
  };
  const make = (tag, properties = {}, ...inside) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...inside);
    return made;
  };

  // Theme: the system's until the reader chooses.
  const chosen = kept();
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
  function theme() {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const now = () => root.dataset.theme || (system.matches ? "dark" : "light");
    const button = make("button", { type: "button", className: "theme" });
    const name = () => { button.textContent = now() === "dark" ? "Light theme" : "Dark theme"; };
    button.addEventListener("click", () => {
      root.dataset.theme = now() === "dark" ? "light" : "dark";
      kept(root.dataset.theme);
      name();
    });
    system.addEventListener("change", name);
    name();
    document.querySelector("header").prepend(button);
  }

  // Sorting: a button in every head; what is no number goes last.
  const SIZE = { tn: 1e12, bn: 1e9, m: 1e6 };
  const number = (text) => {
    const found = /^\s*([-+\u2212]?[\d,]*\.?\d+(?:e[-+]?\d+)?)\s*(tn|bn|m)?\b/i.exec(text);
    return found ? Number(found[1].replaceAll(",", "").replace("\u2212", "-")) * (SIZE[found[2]] ?? 1) : NaN;
  };
  const own = (cell) => cell.firstChild ? cell.firstChild.textContent.trim() : "";
  function order(table, place, numeric, sign) {
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row, i) => {
      const text = own(row.cells[place]);
      return { row, i, text, value: numeric ? number(text) : 0 };
    });
    const missing = (k) => numeric ? Number.isNaN(k.value) : k.text === "";
    keyed.sort((a, b) => missing(a) - missing(b) || (missing(a) ? 0
      : sign * (numeric ? a.value - b.value : a.text.localeCompare(b.text, "en"))) || a.i - b.i);
    body.append(...keyed.map((k) => k.row));
  }
  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, place) => {
      const button = make("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "descending" : "ascending");
        order(table, place, head.classList.contains("number"), up ? -1 : 1);
      });
    });
  }

  // Values of a figure: read from the CSV behind its link, so that both are one.
  function rows(text) {
    const found = [[]];
    const cell = /("(?:[^"]|"")*"|[^",\n]*)(,|\n|$)/y;
    while (cell.lastIndex < text.length) {
      const [, value, end] = cell.exec(text);
      found.at(-1).push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
      if (end === "\n" && cell.lastIndex < text.length) found.push([]);
    }
    return found;
  }
  const shown = (text) => {
    const value = Number(text);
    if (text === "" || Number.isNaN(value)) return text;
    const size = Math.abs(value);
    return size >= 1000 ? value.toLocaleString("en", { maximumFractionDigits: 0 }) : value.toFixed(size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 4);
  };
  function values(plot) {
    const geometry = JSON.parse(plot.dataset.geometry);
    const [left, top, wide, high] = geometry.box;
    const svg = plot.querySelector("svg");
    const along = geometry.axis === "x";
    const tip = make("div", { className: "tip", hidden: true });
    tip.setAttribute("role", "status");
    plot.append(tip);
    let data = null, marks = null, at = -1;
    const across = (v) => left + wide * (v - geometry.x[0]) / (geometry.x[1] - geometry.x[0]);
    const down = (v) => top + high * (1 - (v - geometry.y[0]) / (geometry.y[1] - geometry.y[0]));
    function read() {
      if (data) return;
      const link = plot.parentElement.querySelector("a[download]").href;
      const [header, ...lines] = rows(decodeURIComponent(link.slice(link.indexOf(",") + 1)));
      data = { header, lines, place: lines.map((line, i) => along ? across(Number(line[0])) : down(i)) };
      marks = document.createElementNS(svg.namespaceURI, "g");
      marks.setAttribute("aria-hidden", "true");
      svg.append(marks);
    }
    const mark = (tag, attributes) => {
      const made = document.createElementNS(svg.namespaceURI, tag);
      Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
      marks.append(made);
    };
    function show(i) {
      read();
      at = Math.max(0, Math.min(data.lines.length - 1, i));
      const line = data.lines[at];
      const told = data.header.slice(1).map((name, j) => ({ name, text: line[j + 1], value: Number(line[j + 1]) })).filter((c) => c.text !== "");
      if (along) told.splice(1, Infinity, ...told.slice(1).sort((a, b) => b.value - a.value));
      tip.replaceChildren(make("b", {}, line[0]), ...told.map((c) => make("span", {}, make("i", {}, c.name), " ", shown(c.text))));
      tip.hidden = false;
      marks.replaceChildren();
      const p = data.place[at];
      if (along) mark("line", { class: "cross", x1: p, x2: p, y1: top, y2: top + high });
      told.filter((c) => geometry.lines.includes(c.name) && Number.isFinite(c.value)).forEach((c) =>
        mark("circle", { class: "spot", r: 2.2, cx: along ? p : across(c.value), cy: along ? down(c.value) : p }));
      const box = svg.getBoundingClientRect();
      const scale = box.width / geometry.view[2];
      const x = along ? (p - geometry.view[0]) * scale : box.width / 2;
      tip.style.left = `${x < box.width / 2 ? Math.min(x + 10, box.width - tip.offsetWidth) : Math.max(0, x - 10 - tip.offsetWidth)}px`;
      tip.style.top = along ? "0px" : `${Math.max(0, (p - geometry.view[1]) * scale + 8)}px`;
    }
    function hide() {
      tip.hidden = true;
      if (marks) marks.replaceChildren();
      at = -1;
    }
    function point(event) {
      if (tip.contains(event.target)) return;
      read();
      const box = svg.getBoundingClientRect();
      const scale = geometry.view[2] / box.width;
      const wanted = along ? geometry.view[0] + (event.clientX - box.left) * scale : geometry.view[1] + (event.clientY - box.top) * scale;
      const away = data.place.map((p) => Math.abs(p - wanted));
      show(away.indexOf(Math.min(...away)));
    }
    plot.addEventListener("pointermove", point);
    plot.addEventListener("pointerdown", point);
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") return hide();
      if (event.key === "Home" || event.key === "End") { event.preventDefault(); return show(event.key === "Home" ? 0 : Infinity); }
      if (!step) return undefined;
      event.preventDefault();
      return show(at < 0 ? (step > 0 ? 0 : Infinity) : at + step);
    });
  }

  // Sliders: the polynomial of the scenario (scenario/surrogate.py), term by term.
  function sliders(box) {
    const surface = JSON.parse(box.dataset.surface);
    const inputs = [...box.querySelectorAll("input")];
    const cells = [...box.querySelectorAll("[data-outcome]")];
    const write = (v) => Number(v.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
    function evaluate(values) {
      const powers = surface.quantities.map((q) => {
        const z = (values[q.name] ?? q.middle) - q.mean;
        return [1, z / q.sd, (z * z - q.slope * z - q.sd * q.sd) / q.scale];
      });
      const terms = surface.terms.map((degrees) => degrees.reduce((product, degree, k) => product * powers[k][degree], 1));
      return (outcome) => surface.coefficients[outcome].reduce((sum, c, i) => sum + c * terms[i], 0);
    }
    function update() {
      const outcome = evaluate(Object.fromEntries(inputs.map((input) => [input.name, input.valueAsNumber])));
      cells.forEach((cell) => {
        const value = outcome(cell.dataset.outcome);
        cell.dataset.value = value;
        cell.textContent = (value < 0 ? "" : "+") + value.toFixed(2);
      });
      inputs.forEach((input) => { input.nextElementSibling.textContent = write(input.valueAsNumber); });
    }
    inputs.forEach((input) => input.addEventListener("input", update));
    box.querySelector(".reset").addEventListener("click", () => {
      inputs.forEach((input) => { input.value = input.dataset.middle; });
      update();
    });
    box.querySelector("fieldset").hidden = false;
    update();
  }

  // A link into something closed opens it; the contents say where the reader is.
  function reach() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let up = target.closest("details"); up; up = up.parentElement.closest("details")) up.open = true;
    target.scrollIntoView({ behavior: "instant" });
  }
  function follow() {
    const links = new Map([...document.querySelectorAll("nav li a")].map((a) => [a.hash.slice(1), a]));
    const seen = new IntersectionObserver((entries) => entries.filter((e) => e.isIntersecting).forEach((e) => {
      links.forEach((a) => a.removeAttribute("aria-current"));
      links.get(e.target.getAttribute("aria-labelledby"))?.setAttribute("aria-current", "true");
    }), { rootMargin: "0px 0px -75% 0px" });
    document.querySelectorAll("main > section").forEach((section) => seen.observe(section));
  }

  document.addEventListener("DOMContentLoaded", () => {
    theme();
    document.querySelectorAll("main table:not(.plain)").forEach(sortable);
    document.querySelectorAll(".sliders").forEach(sliders);
    document.querySelectorAll(".plot").forEach(values);
    const contents = document.querySelector("nav details"), narrow = matchMedia("(max-width: 63.99rem)");
    contents.open = !narrow.matches;
    contents.addEventListener("click", (e) => { if (narrow.matches && e.target.closest("a")) contents.open = false; });
    follow();
    if (location.hash) reach();
    addEventListener("hashchange", reach);
    addEventListener("beforeprint", () => document.querySelectorAll("details.printed").forEach((d) => { d.open = true; }));
    root.dataset.ready = "true";
  });
})();
