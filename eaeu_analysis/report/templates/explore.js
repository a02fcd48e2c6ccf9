"use strict";
// Comparisons and options that the reader chooses, computed here as the package computes them, and the values of a line
// chart under the pointer. Without this script the question shown first stays as it is printed.
(() => {
  const make = (tag, properties = {}, ...inside) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...inside);
    return made;
  };
  const draw = (tag, attributes = {}, ...inside) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    made.append(...inside);
    return made;
  };
  const sorted = (values) => Float64Array.from(values).sort();
  const span = (first, last) => Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);

  // Sums in the order of NumPy, so that means agree to the last digit.
  function sum(values, start = 0, count = values.length) {
    if (count < 8) {
      let total = 0;
      for (let i = 0; i < count; i++) total += values[start + i];
      return total;
    }
    if (count > 128) {
      let half = count >> 1;
      half -= half % 8;
      return sum(values, start, half) + sum(values, start + half, count - half);
    }
    const r = Array.from({ length: 8 }, (_, k) => values[start + k]);
    let i = 8;
    for (; i < count - (count % 8); i += 8) for (let k = 0; k < 8; k++) r[k] += values[start + i + k];
    let total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    for (; i < count; i++) total += values[start + i];
    return total;
  }
  const mean = (values) => sum(values) / values.length;
  function quantile(ordered, share) { // linear, as numpy.quantile
    const at = share * (ordered.length - 1), low = Math.floor(at), t = at - low;
    const a = ordered[low], b = ordered[Math.min(low + 1, ordered.length - 1)];
    return t >= 0.5 ? b - (b - a) * (1 - t) : a + (b - a) * t;
  }

  // Words: the templates of wording/templates.py, filled in the same way.
  function fixed(value, digits) { // the shortest decimal of the number, rounded half to even
    const [, whole, part = "", power = "0"] = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(Math.abs(value)));
    let number = whole + part, point = whole.length + Number(power);
    if (point <= 0) { number = "0".repeat(1 - point) + number; point = 1; }
    number = number.padEnd(point + digits + 1, "0");
    const kept = number.slice(0, point + digits), rest = number.slice(point + digits);
    const half = "5".padEnd(rest.length, "0");
    const up = rest > half || (rest === half && Number(kept.at(-1)) % 2 === 1);
    const rounded = (BigInt(kept) + (up ? 1n : 0n)).toString().padStart(digits + 1, "0");
    return digits ? `${rounded.slice(0, -digits)}.${rounded.slice(-digits)}` : rounded;
  }
  const power = (size) => Number(size.toExponential().split("e")[1]);
  const decimals = (size) => size >= 1000 || size === 0 ? 0 : size >= 1 ? 1 : size >= 0.1 ? 2 : Math.min(10, 1 - power(size));
  function speaker(language) {
    const { words, decimal, group, units } = language;
    const plural = new Intl.PluralRules(language.code);
    const bound = new RegExp(`(\\d) (?=${units})`, "g");
    function number(value, parts = []) {
      if (Number.isNaN(value)) return words.number.none;
      if (!Number.isFinite(value)) return words.number[value > 0 ? "infinite" : "minus_infinite"];
      let shown = parts.includes("abs") ? Math.abs(value) : value, scale = "";
      if (parts.includes("year")) return String(Math.round(shown));
      if (parts.includes("usd")) {
        const found = [[1e12, "trillion"], [1e9, "billion"], [1e6, "million"]].find(([limit]) => Math.abs(shown) >= limit);
        if (found) { shown /= found[0]; scale = ` ${words.number[found[1]]}`; }
      }
      const given = parts.find((part) => /^\d+$/.test(part));
      const [whole, part] = fixed(shown, given === undefined ? decimals(Math.abs(shown)) : Number(given)).split(".");
      const text = whole.replace(/\B(?=(\d{3})+$)/g, group) + (part ? decimal + part : "");
      const none = !/[1-9]/.test(text);
      return (none ? "" : shown < 0 ? "\u2212" : parts.includes("signed") ? "+" : "") + text + scale;
    }
    function word(key, form = "") {
      if (Array.isArray(key)) return key.map((one) => word(one, form)).join(", ");
      if (key.startsWith("=")) return key.slice(1);
      const [table, name] = [key.slice(0, key.indexOf(".")), key.slice(key.indexOf(".") + 1)];
      if (form && !(table === "economy" && words[`economy_${form}`]?.[name] === undefined)) return words[`${table}_${form}`][name];
      return words[table][name] ?? name;
    }
    const noun = (name, count) => words.plural[name][plural.select(count)] ?? words.plural[name].other;
    function bySign(table, value, gender) {
      const forms = Number.isNaN(value) ? "" : words[table][value > 0 ? "up" : "down"];
      return typeof forms === "string" ? forms : forms[gender || "n"] ?? "";
    }
    function interval(low, high, unit) {
      if (Number.isNaN(low) || Number.isNaN(high)) return words.range.none;
      if (!Number.isFinite(low) || !Number.isFinite(high)) return words.range.open;
      let key = low < 0 && high > 0 ? "mixed" : high <= 0 ? "down" : "up";
      const ends = key === "mixed" ? [-low, high] : [Math.abs(low), Math.abs(high)].sort((a, b) => a - b);
      const [from, to] = ends.map((end) => number(end, ["abs"]));
      if (from === to && key !== "mixed") key += "_same";
      return fill(words.range[key], {}, { low: `=${from}`, high: `=${to}`, unit: `=${unit}` });
    }
    function fill(template, values, keys) {
      const text = template.replace(/\{(\w+)(?::([^}]*))?\}/g, (_, name, form = "") => {
        const parts = form.split(".").filter(Boolean);
        if (!(name in values)) {
          const named = word(keys[name], parts.find((part) => part !== "capital"));
          return parts.includes("capital") ? named.slice(0, 1).toUpperCase() + named.slice(1) : named;
        }
        const value = values[name], [head, ...rest] = parts;
        if (head === "n") return noun(rest[0], Math.abs(value));
        if (["verb", "change", "degree"].includes(head)) {
          return bySign(head, value, !rest.length ? "" : rest[0].length === 1 ? rest[0] : words.gender[keys[rest[0]]]);
        }
        if (head === "range") {
          const unit = rest.length > 1 ? keys[rest[1]] : "unit.per cent";
          return interval(value, values[rest[0]], word(unit, words.unit_by ? "by" : ""));
        }
        return number(value, parts);
      });
      return text.replace(/ {2,}/g, " ").trim().replaceAll("..", ".");
    }
    return {
      say: (table, key, values = {}, keys = {}) => fill(words[table][key], values, keys).replace(bound, "$1\u00a0").replace(/\bp = (?=\d)/g, "p\u00a0=\u00a0"),
      number: (value, ...parts) => number(value, parts), word, words,
    };
  }

  // Before and after: compare/windows.py and compare/checks.py.
  const TIE = 1e-9, MOST = 8; // events that are named
  const needed = (size, share) => Math.max(1, Math.ceil(share * size - TIE));
  function growth(years, values, relative) {
    if (values.length < 2 || (relative && values.some((v) => v <= 0))) return NaN;
    const y = relative ? values.map(Math.log) : values, middle = mean(years);
    const x = years.map((year) => year - middle);
    const slope = sum(x.map((v, i) => v * y[i])) / sum(x.map((v) => v * v));
    return relative ? 100 * Math.expm1(slope) : slope;
  }
  function cut(series, [first, last]) {
    const years = span(first, last).filter((year) => Number.isFinite(series[year]));
    return { years, values: years.map((year) => series[year]) };
  }
  function unitStats(series, windows, relative, share) {
    const parts = windows.map((window) => cut(series, window));
    const means = parts.map((part, i) => part.values.length >= needed(windows[i][1] - windows[i][0] + 1, share) ? mean(part.values) : NaN);
    const [before, after] = means, positive = before > 0 && after > 0;
    const change = !relative ? after - before : positive ? 100 * (after / before - 1) : NaN;
    return {
      before, after, change, test: !relative ? change : positive ? 100 * Math.log(after / before) : NaN,
      growth: Number.isNaN(before) ? NaN : growth(parts[0].years, parts[0].values, relative),
      present: parts[0].values.length + parts[1].values.length, available: !Number.isNaN(change),
    };
  }
  function permutation(treated, others) {
    const rest = sorted(others), everyone = [...rest, treated], middle = mean(everyone);
    const tie = TIE * Math.max(...everyone.map(Math.abs));
    const away = everyone.map((v) => Math.abs(v - middle));
    const extreme = away.filter((v) => v >= away.at(-1) - tie).length;
    return { statistic: treated - mean(rest), extreme, n: everyone.length, p: extreme / everyone.length, floor: 1 / everyone.length };
  }
  function withoutFew(own, rest) {
    const count = rest.length, total = sum(rest), found = [];
    for (let i = 0; i < count; i++) {
      if (count > 1) found.push(own - (total - rest[i]) / (count - 1));
      if (count >= 5) for (let j = i + 1; j < count; j++) found.push(own - (total - (rest[i] + rest[j])) / (count - 2));
    }
    return found;
  }
  function outlierFails(own, rest) {
    if (rest.length < 2) return false;
    const full = own - mean(rest), ordered = sorted(rest), median = quantile(ordered, 0.5);
    const worst = Math.max(...withoutFew(own, rest).map((v) => Math.abs(v - full)));
    const share = full ? worst / Math.abs(full) : Infinity;
    const against = full ? Math.abs(own - median - full) / Math.abs(full) : Infinity;
    return !(share <= 0.5 && against <= 0.5);
  }
  const trendLog = (growthRate) => 100 * Math.log1p(growthRate / 100);

  function rules(settings) {
    const within = (year, [before, after]) => before[0] <= year && year <= after[1];
    const inside = (windows) => Object.keys(settings.members).filter((code) => {
      const [first, left] = settings.members[code];
      return first <= windows[1][1] && (left === null || left >= windows[0][0]);
    });
    function elsewhere(unit, windows) { // entries into other blocs that the member did not join as well
      const entries = settings.entries.filter(([, , year]) => within(year, windows));
      const shared = new Set(entries.filter(([code]) => code === unit).map(([, bloc]) => bloc));
      return entries.filter(([, bloc]) => !shared.has(bloc));
    }
    const touched = (list, outcome) => list === null || list.includes(outcome);
    function spoiled(unit, outcome, windows, used) {
      const own = settings.events.filter(([code, year, , list]) => used.includes(code) && within(year, windows) && touched(list, outcome))
        .map(([code, year, kind]) => [code, year, kind]);
      const joined = elsewhere(unit, windows).filter(([code]) => used.includes(code)).map(([code, , year]) => [code, year, "accession"]);
      return [...own, ...joined];
    }
    const ownEvents = (unit, outcome, windows, chosen) => settings.own.filter(([units, year, list, same]) =>
      units.includes(unit) && within(year, windows) && touched(list, outcome)
      && !(same.length && chosen.length && chosen.every((code) => same.includes(code)))).length;
    function large(code, [first, last]) {
      const people = settings.people[code];
      if (!people) return true;
      const known = span(first, last).map((year) => people[year - settings.first]).filter(Number.isFinite);
      return known.length > 0 && mean(known) >= settings.nearest.people;
    }
    function place(series, windows, relative) {
      const [before, after] = windows.map((window) => cut(series, window));
      if (before.values.length < needed(windows[0][1] - windows[0][0] + 1, settings.share)
        || after.values.length < needed(windows[1][1] - windows[1][0] + 1, settings.share)) return null;
      if (relative && (Math.min(...before.values) <= 0 || mean(after.values) <= 0)) return null;
      const values = relative ? before.values.map(Math.log) : before.values, trend = growth(before.years, values, false);
      return [mean(values), Number.isFinite(trend) ? trend : 0];
    }
    function nearest(unit, known, values, windows) {
      const barred = new Set([...inside(windows), ...elsewhere(unit, windows).map(([code]) => code)]);
      const own = values[unit] ? place(values[unit], windows, known.relative) : null;
      if (!own) return [];
      const found = Object.keys(values).sort().filter((code) => code !== unit && !barred.has(code)
        && settings.income[code] === settings.income[unit] && large(code, windows[0]))
        .map((code) => ({ code, at: place(values[code], windows, known.relative) })).filter((one) => one.at);
      const axes = known.levels ? [0, 1] : [1];
      const widths = axes.map((k) => {
        const ordered = sorted(found.map((one) => one.at[k]));
        const width = quantile(ordered, 0.75) - quantile(ordered, 0.25);
        return width > 0 ? width : 1;
      });
      const away = (at) => Number(Math.sqrt(sum(axes.map((k, i) => ((at[k] - own[k]) / widths[i]) ** 2))).toFixed(12));
      return found.map((one) => ({ ...one, away: away(one.at) })).sort((a, b) => a.away - b.away)
        .slice(0, settings.nearest.count).map((one) => one.code);
    }
    function compare(unit, outcome, values, windows, chosen) {
      const known = settings.outcomes[outcome], codes = [unit, ...chosen];
      const stats = codes.map((code) => unitStats(values[code] ?? {}, windows, known.relative, settings.share));
      const [own] = stats, used = codes.map((code, i) => ({ code, ...stats[i] })).slice(1).filter((s) => s.available);
      if (!own.available || !used.length) return null;
      const rest = used.map((s) => s.test), test = permutation(own.test, rest), failed = [];
      const bar = (found) => found.p <= Math.max(1 - settings.level, found.floor) + 1e-12;
      const wanted = codes.length * windows.reduce((total, [a, b]) => total + b - a + 1, 0);
      if (stats.some((s) => !s.available) || sum(stats.map((s) => s.present)) / wanted < 0.9) failed.push(0);
      if (windows[1][1] > settings.clean) failed.push(1);
      if (settings.own.some(([units]) => units.includes(unit)) && ownEvents(unit, outcome, windows, chosen)) failed.push(2);
      const spoilt = spoiled(unit, outcome, windows, used.map((s) => s.code));
      if (spoilt.length) failed.push(3);
      const trend = (s) => known.relative ? trendLog(s.growth) : s.growth;
      const trends = used.map(trend).filter(Number.isFinite);
      if (Number.isFinite(trend(own)) && trends.length >= 3 && bar(permutation(trend(own), trends))) failed.push(4);
      if (!known.relative && used.length >= 3 && bar(permutation(own.before, used.map((s) => s.before)))) failed.push(5);
      if (outlierFails(own.test, rest)) failed.push(6);
      const othersMean = mean(sorted(used.map((s) => s.change)));
      return { own, used, test, othersMean, difference: own.change - othersMean, failed: failed.map((k) => settings.checks[k]), spoilt };
    }
    return { inside, nearest, compare };
  }

  // Values of an outcome, from a file next to the page that is read when it is first wanted.
  const waiting = {};
  function fetched(folder, name) {
    waiting[name] ??= new Promise((resolve, reject) => {
      const script = make("script", { src: `${folder}/${name}.js` });
      script.addEventListener("load", () => resolve(window.eaeuExplore[name]));
      script.addEventListener("error", () => { delete waiting[name]; reject(new Error(name)); });
      document.head.append(script);
    });
    return waiting[name];
  }
  function unpacked([first, digits, text]) {
    const raw = atob(text), out = {};
    for (let i = 0; i * 5 < raw.length; i++) {
      let whole = 0;
      for (let k = 0; k < 5; k++) whole = whole * 256 + raw.charCodeAt(5 * i + k);
      whole -= 2 ** 39;
      if (whole !== -(2 ** 39)) out[first + i] = digits >= 0 ? whole / 10 ** digits : whole * 10 ** -digits;
    }
    return out;
  }

  // A chart of lines: the member dark, the others grey; the one that is read is coloured and named.
  function nice(low, high) {
    const raw = (high - low) / 4, base = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map((k) => k * base).find((s) => s >= raw);
    return span(Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)).map((k) => k * step);
  }
  function lines(plot, say, spec) {
    const { years, series, own, name, event, windows, means, unit, clean } = spec;
    const wide = Math.max(280, Math.min(640, plot.clientWidth || 360)), high = Math.round(Math.min(340, wide * 0.72));
    const box = { left: 46, top: 26, right: wide - 14, bottom: high - 24 };
    const all = Object.entries(series).flatMap(([code, line]) => years.map((y) => line[y]).filter(Number.isFinite).map((v) => [code, v]));
    const mine = [...all.filter(([code]) => code === own).map(([, v]) => v), ...means.flat()];
    const others = sorted(all.filter(([code]) => code !== own).map(([, v]) => v));
    const trimmed = Object.keys(series).length > 12 && others.length;
    const ends = others.length ? [quantile(others, trimmed ? 0.05 : 0), quantile(others, trimmed ? 0.95 : 1)] : [];
    let low = Math.min(...mine, ...ends), top = Math.max(...mine, ...ends);
    const pad = (top - low || Math.abs(top) || 1) * 0.05;
    low -= pad; top += pad;
    const x = (year) => box.left + (box.right - box.left) * (year - years[0] + 0.5) / years.length;
    const y = (value) => box.bottom - (box.bottom - box.top) * (value - low) / (top - low);
    const svg = draw("svg", { viewBox: `0 0 ${wide} ${high}`, "aria-hidden": "true", focusable: "false" });
    windows.forEach(([a, b]) => svg.append(draw("rect", { class: "ex-window", x: x(a - 0.5), y: box.top, width: x(b + 0.5) - x(a - 0.5), height: box.bottom - box.top })));
    nice(low, top).forEach((tick) => svg.append(
      draw("line", { class: "ex-grid", x1: box.left, x2: box.right, y1: y(tick), y2: y(tick) }),
      draw("text", { class: "ex-text", x: box.left - 6, y: y(tick) + 4, "text-anchor": "end" }, tickText(say, tick))));
    const every = Math.ceil(years.length / (wide < 420 ? 5 : 8));
    years.filter((year) => year % every === 0).forEach((year) => svg.append(draw("text", { class: "ex-text", x: x(year), y: high - 6, "text-anchor": "middle" }, String(year))));
    svg.append(draw("text", { class: "ex-text", x: 0, y: 14 }, unit));
    svg.append(draw("line", { class: "ex-event", x1: x(event), x2: x(event), y1: box.top, y2: box.bottom }));
    const lined = draw("svg", { class: Object.keys(series).length > 40 ? "ex-many" : "", x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top, viewBox: `${box.left} ${box.top} ${box.right - box.left} ${box.bottom - box.top}` });
    svg.append(lined);
    const path = (line, keep = () => true) => {
      let text = "", open = false;
      years.forEach((year) => {
        const known = Number.isFinite(line[year]) && keep(year);
        if (known) text += `${open ? "L" : "M"}${x(year).toFixed(1)} ${y(line[year]).toFixed(1)}`;
        open = known;
      });
      return text;
    };
    Object.keys(series).filter((code) => code !== own).forEach((code) => lined.append(draw("path", { class: "ex-line", d: path(series[code]) })));
    means.forEach(([member, others], i) => {
      const ends = { x1: x(windows[i][0] - 0.4), x2: x(windows[i][1] + 0.4) };
      lined.append(draw("line", { class: "ex-mean", ...ends, y1: y(others), y2: y(others) }), draw("line", { class: "ex-mean ex-mean-own", ...ends, y1: y(member), y2: y(member) }));
    });
    lined.append(draw("path", { class: "ex-own", d: path(series[own], (year) => year <= clean) }), draw("path", { class: "ex-own ex-late", d: path(series[own], (year) => year >= clean) }));
    const label = (text, year, value, kind) => {
      const near = x(year) > box.right - 70;
      lined.append(draw("text", { class: `ex-label ${kind}`, x: x(year) + (near ? 0 : 5), y: Math.max(box.top + 12, Math.min(box.bottom - 4, y(value) - 6)), "text-anchor": near ? "end" : "start" }, text));
    };
    const last = years.filter((year) => Number.isFinite(series[own][year])).at(-1);
    label(name(own), last, series[own][last], "ex-label-own");
    label(say.words.explore.mean, windows[1][0] - 0.5, means[1][1], "ex-label-mean");
    label(say.words.explore.accession, event, top - pad * 0.5, "ex-label-event");
    plot.replaceChildren(svg);
    reader(plot, svg, { years, series, own, name, x, y, box, number: (v) => say.number(v, "usd"), layer: lined });
  }
  const tickText = (say, tick) => {
    const size = Math.abs(tick);
    return size >= 1e6 ? say.number(tick, "usd", "0") : say.number(Number(tick.toPrecision(10)), String(Number.isInteger(Number(tick.toPrecision(10))) ? 0 : size < 1 ? 2 : 1));
  };

  // Reading a chart of lines by pointer, touch or keys: the year, the member's value, and the country that is nearest.
  function reader(plot, svg, { years, series, own, name, x, y, box, number, layer = svg }) {
    const tip = make("div", { className: "ex-tip", hidden: true });
    tip.setAttribute("role", "status");
    plot.append(tip);
    const marks = draw("g");
    layer.append(marks);
    const codes = Object.keys(series);
    let at = -1, who = own;
    const has = (code, year) => Number.isFinite(series[code]?.[year]);
    function show(year, code) {
      at = year; who = has(code, year) ? code : own;
      marks.replaceChildren(draw("line", { class: "ex-cross", x1: x(year), x2: x(year), y1: box.top, y2: box.bottom }));
      if (who !== own) {
        let open = false;
        const d = years.map((t) => { const part = has(who, t) ? `${open ? "L" : "M"}${x(t).toFixed(1)} ${y(series[who][t]).toFixed(1)}` : ""; open = part !== ""; return part; }).join("");
        marks.append(draw("path", { class: "ex-picked", d }));
      }
      [...new Set([own, who])].filter((c) => has(c, year)).forEach((c) => marks.append(draw("circle", { class: "ex-spot", r: 3.5, cx: x(year), cy: y(series[c][year]) })));
      tip.replaceChildren(make("b", {}, String(year)), ...[...new Set([own, who])].filter((c) => has(c, year)).map((c) =>
        make("span", {}, make("i", {}, name(c)), " ", number(series[c][year]))));
      tip.hidden = false;
      plot.dataset.year = year; plot.dataset.country = who;
      const frame = svg.getBoundingClientRect(), scale = frame.width / svg.viewBox.baseVal.width;
      const left = (x(year) - svg.viewBox.baseVal.x) * scale;
      tip.style.left = `${left < frame.width / 2 ? Math.min(left + 10, Math.max(0, frame.width - tip.offsetWidth)) : Math.max(0, left - 10 - tip.offsetWidth)}px`;
      tip.style.top = "2px";
    }
    function hide() { tip.hidden = true; marks.replaceChildren(); at = -1; delete plot.dataset.year; delete plot.dataset.country; }
    function point(event) {
      if (tip.contains(event.target)) return;
      const frame = svg.getBoundingClientRect(), view = svg.viewBox.baseVal, scale = view.width / frame.width;
      const px = view.x + (event.clientX - frame.left) * scale, py = view.y + (event.clientY - frame.top) * scale;
      const year = years.reduce((best, t) => Math.abs(x(t) - px) < Math.abs(x(best) - px) ? t : best);
      const known = codes.filter((code) => has(code, year));
      if (!known.length) return;
      show(year, known.reduce((best, code) => Math.abs(y(series[code][year]) - py) < Math.abs(y(series[best][year]) - py) ? code : best));
    }
    function key(event) {
      if (event.key === "Escape") return hide();
      const ends = { Home: years[0], End: years.at(-1) }[event.key], side = { ArrowLeft: -1, ArrowRight: 1 }[event.key], turn = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (ends === undefined && !side && !turn) return undefined;
      event.preventDefault();
      const year = ends ?? (at < 0 ? (side < 0 ? years.at(-1) : years[0]) : Math.max(years[0], Math.min(years.at(-1), at + (side ?? 0))));
      const known = codes.filter((code) => has(code, year));
      return show(year, turn && known.length ? known[(known.indexOf(who) + turn + known.length) % known.length] : who);
    }
    plot.reading?.abort();
    plot.reading = new AbortController();
    const { signal } = plot.reading;
    [["pointermove", point], ["pointerdown", point], ["pointerleave", (event) => { if (event.pointerType === "mouse") hide(); }], ["blur", hide], ["keydown", key]].forEach(([kind, act]) => plot.addEventListener(kind, act, { signal }));
  }

  // The state in the address: "#compare?case=KGZ...", kept in place without a new entry in the history.
  function stated(id) {
    const [name, query] = location.hash.slice(1).split("?");
    return name === id && query !== undefined ? new URLSearchParams(query) : null;
  }
  function keep(id, state) {
    const text = `#${id}?${state.toString().replaceAll("%2C", ",").replaceAll("%20", "+")}`;
    if (location.hash !== text) history.replaceState(history.state, "", text);
  }
  function reveal(section) {
    for (let up = section.closest("details"); up; up = up.parentElement.closest("details")) up.open = true;
    section.scrollIntoView({ behavior: "instant" });
  }
  function tools(section, part) {
    section.querySelector("[data-set=copy]")?.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(location.href); part("copied").textContent = section.dataset.copied; } catch { part("copied").textContent = location.href; }
    });
  }

  function members(section) {
    const settings = JSON.parse(section.querySelector(".explore-settings").textContent);
    const say = speaker(settings.language), words = say.words.explore, rule = rules(settings);
    const part = (name) => section.querySelector(`[data-part="${name}"]`);
    const form = section.querySelector("form"), plot = section.querySelector(".explore-plot");
    const { case: who, outcome: what, before, first, last } = form.elements;
    const country = (code) => say.word(`economy.${code}`);
    const caseOf = (value) => settings.cases.find((c) => `${c.unit} ${c.event}` === value);
    const folder = settings.folder;
    const initial = () => ({ case: `${settings.start.unit} ${settings.start.event}`, outcome: settings.start.outcome, pre: settings.pre, post: settings.post, skip: settings.skip, with: null });
    let state = initial(), asked = 0;

    const years = (list, select, chosen) => select.replaceChildren(...list.map((year) => make("option", { value: year, selected: year === chosen }, String(year))));
    function windowsOf() {
      const { year } = caseOf(state.case), start = year + state.skip;
      return [[year - state.pre, year - 1], [start, start + state.post - 1]];
    }
    function fields() {
      const { year } = caseOf(state.case), [b, a] = windowsOf();
      who.value = state.case; what.value = state.outcome;
      years(span(settings.first, year - 1), before, b[0]);
      years(span(year, Math.min(year + 5, settings.last)), first, a[0]);
      years(span(a[0], settings.last), last, a[1]);
    }
    function fit() { // what cannot be: back to the rule of the page
      const { year } = caseOf(state.case);
      if (year - state.pre < settings.first || state.pre < 1) state.pre = Math.min(settings.pre, year - settings.first);
      if (state.skip < 0 || year + state.skip > settings.last || state.skip > 5) state.skip = settings.skip;
      if (state.post < 1 || year + state.skip + state.post - 1 > settings.last) state.post = Math.min(settings.post, settings.last - year - state.skip + 1);
    }
    async function update(changed = true) {
      const turn = ++asked;
      fit();
      let known;
      try { known = await fetched(folder, state.outcome); } catch { part("checks").textContent = words.loading; return; }
      if (turn !== asked) return;
      known.lines ??= Object.fromEntries(Object.entries(known.values).map(([code, packed]) => [code, unpacked(packed)]));
      state.with ??= (known.with[state.case] ?? "").split(" ").filter(Boolean);
      fields();
      show(known.lines);
      if (changed) keep("compare", new URLSearchParams({ case: state.case, outcome: state.outcome, pre: state.pre, post: state.post, skip: state.skip, with: state.with.join(",") }));
      section.dataset.ready = `${turn}`;
    }
    function show(values) {
      const { unit, event, year } = caseOf(state.case), windows = windowsOf(), known = settings.outcomes[state.outcome];
      const barred = new Set(rule.inside(windows));
      const chosen = state.with.filter((code) => code !== unit && !barred.has(code));
      const out = state.with.filter((code) => code !== unit && barred.has(code));
      const found = rule.compare(unit, state.outcome, values, windows, chosen);
      const keys = {
        economy: `economy.${unit}`, outcome: `outcome.${state.outcome}`, unit: `unit.${known.unit}`, change_unit: `unit.${known.change}`,
        gap_unit: known.relative ? "unit.percentage points" : `unit.${known.change}`,
      };
      const texts = { change: "", difference: "", chance: "", checks: "" };
      if (!found) texts.change = say.say("explore", "nothing", {}, keys);
      else {
        const { own, test } = found, bar = 1 - settings.level + 1e-12;
        const numbers = {
          before: own.before, after: own.after, change: own.change, comparators: test.n - 1, economies: test.n, comparators_mean: found.othersMean,
          difference: found.difference, extreme: test.extreme, p: test.p, needed: Math.floor(1 / (1 - settings.level) - 1e-9),
          before_first: windows[0][0], before_last: windows[0][1], after_first: windows[1][0], after_last: windows[1][1],
        };
        const verdict = test.floor > bar ? "few" : test.p > bar ? "within" : found.failed.length ? "doubtful" : "rare";
        texts.change = say.say("claim", `${own.change >= 0 ? "rose" : "fell"}${found.failed.length ? "_unclear" : ""}`, numbers, keys);
        texts.difference = say.say("explore", `difference_${found.difference >= 0 ? "up" : "down"}`, numbers, keys);
        texts.chance = ["chance", `chance_${verdict}`].map((key) => say.say("explore", key, numbers, keys)).join(" ");
        texts.checks = say.say("explore", found.failed.length ? "failed" : "passed", {}, { ...keys, failed: found.failed.map((name) => `rule.${name}`) });
      }
      Object.entries(texts).forEach(([name, text]) => { part(name).textContent = text; part(name).hidden = !text; });
      const spoilt = (found?.spoilt ?? []).map(([code, when, kind]) => say.say("explore", "event", {}, { event: `event_kind.${kind}`, country: `=${country(code)}`, year: `=${when}` }));
      part("events").textContent = spoilt.length > MOST ? say.say("explore", "events_many", { events: spoilt.length }, {}) : spoilt.join("; ");
      part("events").hidden = !spoilt.length;
      part("barred").hidden = !out.length;
      if (out.length) part("barred").textContent = say.say("explore", "barred", {}, { names: `=${out.map(country).join(", ")}` });
      part("count").textContent = say.say("explore", "chosen", { economies: chosen.length });
      section.querySelector(".explore-chips").replaceChildren(...chosen.map((code) => {
        const button = make("button", { type: "button" }, `${country(code)} \u00d7`);
        button.setAttribute("aria-label", say.say("explore", "remove", {}, { country: `=${country(code)}` }));
        button.addEventListener("click", () => { state.with = state.with.filter((other) => other !== code); update(); });
        return make("li", {}, button);
      }));
      section.querySelector("datalist").replaceChildren(...settings.names.filter((code) => code !== unit && !barred.has(code) && !chosen.includes(code) && values[code])
        .map((code) => make("option", { value: country(code) })));
      const list = chosen.map((code) => `'${code}'`).join(", ");
      part("call").textContent = `ea.before_after(ea.load_panel(['${state.outcome}']${settings.source}), '${state.outcome}', '${unit}', '${event}', pre=${state.pre}, post=${state.post}, skip=${state.skip}, comparators=[${list}], bloc='${settings.bloc}')`;
      if (found) picture(values, unit, year, windows, known, found);
    }
    function picture(values, unit, year, windows, known, found) {
      const base = (code, mine) => known.relative ? 100 / mine : 1;
      const used = [{ code: unit, ...found.own }, ...found.used];
      const series = Object.fromEntries(used.map((s) => [s.code, Object.fromEntries(Object.entries(values[s.code]).map(([t, v]) => [t, v * base(s.code, s.before)]))]));
      const shown = span(Math.max(settings.first, windows[0][0] - 5), Math.max(...Object.keys(values[unit]).map(Number)));
      const { own } = found;
      const others = known.relative ? [100, 100 + found.othersMean] : [mean(found.used.map((s) => s.before)), mean(found.used.map((s) => s.after))];
      const mine = known.relative ? [100, 100 + own.change] : [own.before, own.after];
      lines(plot, say, {
        years: shown, series, own: unit, name: country, event: year, windows, means: [[mine[0], others[0]], [mine[1], others[1]]],
        unit: known.relative ? words.index : say.word(`unit.${known.unit}`), clean: settings.clean,
      });
    }
    function add() {
      const input = form.querySelector("#compare-add"), wanted = input.value.trim().toLocaleLowerCase(settings.language.code);
      const code = settings.names.find((one) => one.toLowerCase() === wanted || country(one).toLocaleLowerCase(settings.language.code) === wanted);
      if (!code || state.with.includes(code)) return;
      input.value = "";
      state.with.push(code);
      update();
    }
    async function choose(kind) {
      const { lines: values } = await fetched(folder, state.outcome), windows = windowsOf(), { unit } = caseOf(state.case);
      const known = settings.outcomes[state.outcome];
      if (kind === "usual") state.with = null;
      if (kind === "clear") state.with = [];
      if (kind === "nearest") state.with = rule.nearest(unit, known, values, windows);
      if (kind === "all") {
        const barred = rule.inside(windows);
        state.with = Object.keys(values).sort().filter((code) => code !== unit && !barred.includes(code) && unitStats(values[code], windows, known.relative, settings.share).available);
      }
      if (kind === "reset") state = initial();
      update();
    }
    who.addEventListener("change", () => { state.case = who.value; state.with = null; update(); });
    what.addEventListener("change", () => { state.outcome = what.value; update(); });
    before.addEventListener("change", () => { state.pre = caseOf(state.case).year - Number(before.value); update(); });
    first.addEventListener("change", () => {
      const end = windowsOf()[1][1], start = Number(first.value);
      state.skip = start - caseOf(state.case).year;
      state.post = Math.max(1, end - start + 1);
      update();
    });
    last.addEventListener("change", () => { state.post = Number(last.value) - windowsOf()[1][0] + 1; update(); });
    section.querySelectorAll("[data-set]").forEach((button) => button.addEventListener("click", () => {
      if (button.dataset.set === "add") add(); else if (button.dataset.set !== "copy") choose(button.dataset.set);
    }));
    form.addEventListener("submit", (event) => { event.preventDefault(); add(); });
    tools(section, part);
    function read() {
      const given = stated("compare");
      if (!given) return false;
      const whole = (name) => /^\d{1,2}$/.test(given.get(name) ?? "") ? Number(given.get(name)) : settings[name];
      const fits = caseOf(given.get("case")) && settings.outcomes[given.get("outcome")];
      state = initial();
      if (fits) {
        const list = given.get("with");
        state = { case: given.get("case"), outcome: given.get("outcome"), pre: whole("pre"), post: whole("post"), skip: whole("skip"),
          with: list === null ? null : [...new Set(list.split(","))].filter((code) => settings.names.includes(code)) };
      }
      reveal(section);
      update(false).then(() => { if (!fits) part("checks").textContent = words.unfit; });
      return true;
    }
    section.querySelectorAll("[hidden].explore-form, [hidden].explore-tools, [hidden].explore-figure").forEach((e) => { e.hidden = false; });
    section.dataset.copied = words.copied;
    addEventListener("hashchange", read);
    if (!read()) { // the values are read when the part comes near
      fields();
      new IntersectionObserver((seen, self) => { if (seen.some((e) => e.isIntersecting)) { self.disconnect(); update(false); } }, { rootMargin: "300px" }).observe(section);
    }
    let width = 0;
    new ResizeObserver(() => { if (width && Math.abs(plot.clientWidth - width) > 24 && section.dataset.ready) update(false); width = plot.clientWidth; }).observe(plot);
  }

  // Options under assumptions: scenario/assumptions.py.
  function floatsOf(text, Kind) {
    const raw = atob(text), bytes = Uint8Array.from(raw, (c) => c.charCodeAt(0));
    return Float64Array.from(new Kind(bytes.buffer));
  }
  function runsOf({ columns, options }) {
    const inputs = Object.fromEntries(Object.entries(columns).map(([name, text]) => [name, floatsOf(text, Float32Array)]));
    return Object.fromEntries(Object.entries(options).map(([name, o]) => {
      const basis = ([mid, sd, slope, scale], x) => { const z = x - mid; return [1, z / sd, (z ** 2 - slope * z - sd ** 2) / scale]; };
      const powers = o.names.map((q, k) => Array.from(inputs[o.columns[q]], (x) => basis(o.bases[k], x)));
      const terms = o.terms.map((text) => [...text].map((d, k) => [k, Number(d)]).filter(([, degree]) => degree));
      const numbers = (table, Kind) => Object.fromEntries(Object.entries(table).map(([out, text]) => [out, floatsOf(text, Kind)]));
      return [name, { names: o.names, bases: o.bases, basis, powers, terms, coefficients: numbers(o.coefficients, Float64Array), draws: numbers(o.draws, Float32Array) }];
    }));
  }
  function moved(option, outcome, known) { // every draw, moved by what the polynomial says of the known values
    const draws = option.draws[outcome];
    if (!draws) return null;
    const set = new Map(option.names.map((name, k) => [k, name]).filter(([, name]) => name in known).map(([k, name]) => [k, option.basis(option.bases[k], known[name])]));
    if (!set.size) return draws;
    const touched = option.terms.map((term, i) => [term, option.coefficients[outcome][i]]).filter(([term]) => term.some(([k]) => set.has(k)));
    return draws.map((value, i) => {
      let change = 0;
      for (const [term, c] of touched) {
        let now = c, then = c;
        for (const [k, degree] of term) {
          const was = option.powers[k][i][degree];
          then *= was;
          now *= set.has(k) ? set.get(k)[degree] : was;
        }
        change += now - then;
      }
      return value + change;
    });
  }
  function summed(draws, sign, level) {
    if (!draws) return { estimate: 0, lower: 0, upper: 0, better: 0.5 };
    const ordered = sorted(draws);
    const better = draws.reduce((n, v) => n + (sign * v > 1e-9 ? 1 : Math.abs(v) <= 1e-9 ? 0.5 : 0), 0) / draws.length;
    return { estimate: quantile(ordered, 0.5), lower: quantile(ordered, (1 - level) / 2), upper: quantile(ordered, (1 + level) / 2), better };
  }
  function options(section) {
    const settings = JSON.parse(section.querySelector(".explore-settings").textContent);
    const say = speaker(settings.language), words = say.words.assume;
    const part = (name, within = section) => within.querySelector(`[data-part="${name}"]`);
    const form = section.querySelector("form"), pick = form.elements.outcome;
    const rows = [...section.querySelectorAll("[data-option]")];
    const sliders = [...section.querySelectorAll(".op-sliders li")].map((li, i) => ({
      li, quantity: settings.quantities[i], input: li.querySelector("input"), output: li.querySelector("output"), open: li.querySelector("button"),
    }));
    let state = { outcome: settings.start, at: {} }, runs = null, asked = 0;
    const valueAt = (q, at) => q.low + (q.high - q.low) * at / 100;
    const shown = (q, value) => say.number(q.log ? 100 * Math.expm1(value) : value * q.times);
    const withUnit = (q, text) => `${text} ${q.unit}`.trim();
    const middle = (q) => Math.round(100 * (q.middle - q.low) / ((q.high - q.low) || 1));
    function place() {
      pick.value = state.outcome;
      sliders.forEach(({ li, quantity: q, input, output, open }) => {
        const at = state.at[q.name], known = at !== undefined;
        input.value = known ? at : middle(q);
        const text = known ? withUnit(q, shown(q, valueAt(q, at))) : withUnit(q, say.say("assume", "range", {}, { low: `=${shown(q, q.low)}`, high: `=${shown(q, q.high)}` }));
        output.textContent = text;
        input.setAttribute("aria-valuetext", text);
        li.classList.toggle("known", known);
        open.hidden = !known;
      });
    }
    async function update(changed = true) {
      const turn = ++asked;
      place();
      try { runs ??= runsOf(await fetched(settings.folder, "options")); } catch { part("problem").textContent = words.loading; return; }
      if (turn !== asked) return;
      const known = Object.fromEntries(sliders.filter(({ quantity: q }) => q.name in state.at).map(({ quantity: q }) => [q.name, valueAt(q, state.at[q.name])]));
      const sign = settings.good[state.outcome];
      const found = Object.fromEntries(settings.options.map(({ name }) => [name, summed(moved(runs[name], state.outcome, known), sign, settings.level)]));
      const first = Object.fromEntries(settings.options.map(({ name }) => [name, summed(runs[name].draws[state.outcome], sign, settings.level)]));
      write(found, first);
      if (changed) keep("assume", new URLSearchParams({ outcome: state.outcome, ...state.at }));
      section.dataset.ready = `${turn}`;
    }
    function write(found, first) {
      const keys = { outcome: `scenario_outcome.${state.outcome}`, unit: `unit.${settings.outcomes[state.outcome]}` };
      const numbers = (row) => ({ ...row, better: 100 * row.better, level: 100 * settings.level });
      part("sentence").textContent = say.say("assume", "sentence", numbers(found[settings.joining]), keys);
      const all = [...Object.values(found), ...Object.values(first)];
      let low = Math.min(0, ...all.map((row) => row.lower)), high = Math.max(0, ...all.map((row) => row.upper));
      const pad = settings.padding * ((high - low) || 1);
      low -= pad; high += pad;
      const x = (value) => `${(100 * (value - low) / (high - low)).toFixed(2)}%`;
      rows.forEach((li) => {
        const name = li.dataset.option, row = found[name], size = Math.max(Math.abs(row.lower), Math.abs(row.upper)), still = size < 1e-9;
        part("band", li).textContent = still ? words.still : say.say("assume", size < settings.tiny ? "tiny" : "band", numbers(row), keys);
        part("better", li).textContent = still ? "" : say.say("assume", "better", numbers(row), keys);
        const failed = settings.failed[`${name} ${state.outcome}`] ?? "";
        part("failed", li).textContent = failed;
        part("failed", li).hidden = !failed;
        const set = (kind, values) => Object.entries(values).forEach(([key, value]) => li.querySelector(kind).setAttribute(key, value));
        set(".op-zero", { x1: x(0), x2: x(0) });
        set(".op-was", { x1: x(first[name].lower), x2: x(first[name].upper) });
        set(".op-band", { x1: x(row.lower), x2: x(row.upper) });
        set(".op-dot", { cx: x(row.estimate) });
      });
    }
    pick.addEventListener("change", () => { state.outcome = pick.value; update(); });
    sliders.forEach(({ quantity: q, input, open }) => {
      input.addEventListener("input", () => { state.at[q.name] = Number(input.value); update(); });
      open.addEventListener("click", () => { delete state.at[q.name]; input.focus(); update(); });
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    section.querySelector("[data-set=reset]").addEventListener("click", () => { state = { outcome: settings.start, at: {} }; update(); });
    section.dataset.copied = words.copied;
    tools(section, part);
    function read() {
      const given = stated("assume");
      if (!given) return false;
      state = { outcome: given.get("outcome") in settings.outcomes ? given.get("outcome") : settings.start, at: {} };
      sliders.forEach(({ quantity: q }) => { if (/^\d{1,3}$/.test(given.get(q.name) ?? "") && Number(given.get(q.name)) <= 100) state.at[q.name] = Number(given.get(q.name)); });
      reveal(section);
      update(false);
      return true;
    }
    section.querySelectorAll("[hidden].explore-form, [hidden].explore-tools, [hidden].explore-figure").forEach((e) => { e.hidden = false; });
    addEventListener("hashchange", read);
    if (!read()) place();
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("#compare").forEach(members);
    document.querySelectorAll("#assume").forEach(options);
  });
})();
