"use strict";
// The pages work without this script: it adds the theme's button, sorting, filters, copying, the values of a figure,
// and deep links into what is closed. It reads nothing but the page and asks nobody.
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
    const name = () => { button.textContent = now() === "dark" ? document.body.dataset.light : document.body.dataset.dark; };
    button.addEventListener("click", () => {
      root.dataset.theme = now() === "dark" ? "light" : "dark";
      kept(root.dataset.theme);
      name();
    });
    system.addEventListener("change", name);
    name();
    document.querySelector("header .bar").append(button);
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

  // Values of a figure: the year or the row under the pointer, with the line that is nearest to it.
  const NS = "http://www.w3.org/2000/svg";
  const shown = (value) => {
    if (typeof value !== "number") return value;
    const size = Math.abs(value), lang = root.lang || "en";
    const digits = size >= 1000 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 4;
    return value.toLocaleString(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  };
  function values(plot) {
    const data = JSON.parse(plot.dataset.values);
    const [left, top, wide, high] = data.box;
    const along = data.axis === "x";
    const over = document.createElementNS(NS, "svg");
    over.setAttribute("viewBox", `0 0 ${data.view[0]} ${data.view[1]}`);
    over.setAttribute("class", "over");
    over.setAttribute("aria-hidden", "true");
    const tip = make("div", { className: "tip", hidden: true });
    tip.setAttribute("role", "status");
    plot.append(over, tip);
    let at = -1;
    const across = (v) => left + wide * (v - data.x[0]) / ((data.x[1] - data.x[0]) || 1);
    const down = (v) => top + high * (1 - (v - data.y[0]) / ((data.y[1] - data.y[0]) || 1));
    const places = along ? data.rows.map((row) => across(row[0])) : data.places;
    const mark = (tag, attributes) => {
      const made = document.createElementNS(NS, tag);
      Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
      over.append(made);
    };
    function show(i, height) {
      at = Math.max(0, Math.min(data.rows.length - 1, i));
      const row = data.rows[at], place = places[at];
      let cells = data.head.slice(1).map((name, j) => ({ name, column: j + 1, value: row[j + 1] })).filter((c) => c.value !== null);
      over.replaceChildren();
      let near = null;
      if (along) {
        const away = (c) => Math.abs(down(c.value) - height);
        near = height === undefined ? cells[0] : cells.reduce((a, b) => away(b) < away(a) ? b : a, cells[0]);
        mark("line", { class: "cross", x1: place, x2: place, y1: top, y2: top + high });
        if (near) {
          const runs = data.rows.map((r) => r[near.column] === null ? null : `${across(r[0])} ${down(r[near.column])}`);
          mark("path", { class: "lit", d: runs.map((p, k) => p === null ? "" : `${k && runs[k - 1] !== null ? "L" : "M"}${p}`).join("") });
        }
        cells.forEach((c) => mark("circle", { class: "spot", r: 2.4, cx: place, cy: down(c.value) }));
        cells = [cells[0], ...cells.slice(1).sort((a, b) => b.value - a.value)].filter(Boolean);
      } else mark("circle", { class: "spot", r: 5, cx: across(row[1]), cy: place });
      tip.replaceChildren(make("b", {}, String(row[0])), ...cells.map((c) =>
        make("span", { className: c === near ? "near" : "" }, make("i", {}, c.name), " ", shown(c.value))));
      tip.hidden = false;
      const box = plot.getBoundingClientRect(), scale = box.width / data.view[0];
      const x = along ? place * scale : box.width / 2;
      tip.style.left = `${x < box.width / 2 ? Math.max(0, Math.min(x + 10, box.width - tip.offsetWidth)) : Math.max(0, x - 10 - tip.offsetWidth)}px`;
      tip.style.top = along ? "0px" : `${place * scale + 8}px`;
    }
    function hide() {
      tip.hidden = true;
      over.replaceChildren();
      at = -1;
    }
    function point(event) {
      const box = plot.getBoundingClientRect(), scale = data.view[0] / box.width;
      const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
      const away = places.map((p) => Math.abs(p - (along ? x : y)));
      show(away.indexOf(Math.min(...away)), y);
    }
    plot.addEventListener("pointermove", point);
    plot.addEventListener("pointerdown", point);
    plot.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") hide(); });
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

  // Copy and share: the sentence with the address of its place.
  function sharing() {
    const words = document.body.dataset;
    document.querySelectorAll(".sharing").forEach((box) => {
      const finding = box.closest(".finding"); // there the sentence is the heading
      const text = finding ? finding.querySelector("h3").textContent : box.dataset.text;
      const card = box.querySelector("a.card-file"); // a page of its own, whose preview shows the finding
      const url = card ? card.href : `${location.href.split(/[?#]/)[0]}#${finding ? finding.id : box.dataset.anchor}`;
      const copy = make("button", { type: "button", className: "copy", textContent: words.copy });
      copy.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(`${text}\n${url}`);
        } catch { // no permission: by the selection
          const field = make("textarea", { value: `${text}\n${url}` });
          document.body.append(field);
          field.select();
          document.execCommand("copy");
          field.remove();
        }
        copy.textContent = words.copied;
        setTimeout(() => { copy.textContent = words.copy; }, 2000);
      });
      box.append(copy);
      if (!navigator.share) return;
      const share = make("button", { type: "button", textContent: words.share });
      share.addEventListener("click", () => navigator.share({ text, url }).catch(() => {}));
      box.append(share);
    });
  }

  // The filter of the findings; its state is in the address, so that a choice can be sent.
  function filter(form) {
    const entries = [...document.querySelectorAll(".finding")].map((e) =>
      ({ e, text: e.textContent.toLowerCase(), facts: { ...e.dataset, topic: e.parentElement.dataset.topic } }));
    const output = form.querySelector("output");
    function update(keep) {
      const chosen = Object.fromEntries([...new FormData(form)].filter(([, v]) => v));
      const words = (chosen.words || "").toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      entries.forEach(({ e, text, facts }) => {
        const fits = ["topic", "side", "grade", "country"].every((n) => !chosen[n] || facts[n].split(" ").includes(chosen[n]));
        e.hidden = !(fits && words.every((w) => text.includes(w)));
        count += !e.hidden;
      });
      document.querySelectorAll("section.topic").forEach((s) => { s.hidden = !s.querySelector(".finding:not([hidden])"); });
      output.textContent = output.dataset.text.replace("#", count);
      if (keep) history.replaceState(null, "", `?${new URLSearchParams(chosen)}`);
    }
    new URLSearchParams(location.search).forEach((value, name) => { if (form.elements[name]) form.elements[name].value = value; });
    form.addEventListener("input", () => update(true));
    form.addEventListener("submit", (e) => e.preventDefault());
    form.hidden = false;
    update(false);
    return () => { form.reset(); update(false); };
  }

  // Another language keeps the place: the section, point or finding that is at the top of the screen, and what is open.
  function languages() {
    const here = () => [...document.querySelectorAll("main [id]")].filter((e) => {
      const box = e.getBoundingClientRect();
      return box.height && box.top <= innerHeight / 3 && box.bottom > 0;
    }).at(-1)?.id;
    document.querySelectorAll(".langs a").forEach((link) => link.addEventListener("click", () => {
      const chosen = location.hash.includes("?"); // what the reader chose in a part of the page
      const place = scrollY > 40 && !chosen ? here() : "";
      link.href = link.getAttribute("href").split(/[?#]/)[0] + location.search + (place ? `#${place}` : location.hash);
      try { sessionStorage.setItem("eaeu-open", JSON.stringify([...document.querySelectorAll(".door > details")].map((d) => d.open))); } catch { /* refused */ }
    }));
    try {
      const open = JSON.parse(sessionStorage.getItem("eaeu-open") || "[]");
      document.querySelectorAll(".door > details").forEach((d, i) => { if (open[i]) d.open = true; });
      sessionStorage.removeItem("eaeu-open");
    } catch { /* refused */ }
  }

  // A link into something closed opens it; one into what a filter hides shows all.
  let showAll = () => {};
  function reach() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden) showAll();
    for (let up = target.closest("details"); up; up = up.parentElement.closest("details")) up.open = true;
    target.scrollIntoView({ behavior: "instant" });
  }

  document.addEventListener("DOMContentLoaded", () => {
    theme();
    sharing();
    languages();
    document.querySelectorAll("main table:not(.plain)").forEach(sortable);
    document.querySelectorAll(".plot").forEach(values);
    const form = document.querySelector("form.filter");
    if (form) showAll = filter(form);
    if (location.hash) reach();
    addEventListener("hashchange", reach);
    addEventListener("beforeprint", () => document.querySelectorAll("details.printed").forEach((d) => { d.open = true; }));
    root.dataset.ready = "true";
  });
})();
