import type { VnicGraph } from "./graph.ts";
import { escapeXml, graphStyle, renderSvg } from "./svg.ts";

/**
 * Renders a self-contained HTML page: the picture, with zoom, a filter and the details of a NIC. It loads nothing,
 * which its content security policy enforces. `#filter=<words>&nic=<namespace/name>` sets its initial state.
 */
export function renderPage(graph: VnicGraph, title: string): string {
  const nics = graph.nodes.flatMap(({ pods }) => pods.flatMap(({ nics }) => nics));
  // An unescaped `<` in a name could end the element.
  const data = JSON.stringify(nics).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeXml(title)}</title>
<style>${graphStyle}${pageStyle}</style>
</head>
<body class="vnic-graph">
<header>
<h1>${escapeXml(title)}</h1>
<label>Filter <input id="filter" type="search" placeholder="name, pod, node, network, address, condition"></label>
<output id="count"></output>
<button id="out" aria-label="zoom out">−</button><button id="in" aria-label="zoom in">+</button><button id="fit">Fit</button><button id="theme">Light/dark</button>
</header>
<main>${renderSvg(graph, { standalone: false })}<aside id="details" hidden></aside></main>
<script type="application/json" id="data">${data}</script>
<script>${script}</script>
</body>
</html>
`;
}

const pageStyle = `
html,body { margin:0; height:100%; } body { display:flex; flex-direction:column; color:var(--ink); }
header { display:flex; flex-wrap:wrap; gap:10px; align-items:center; padding:8px 14px; border-bottom:1px solid var(--line); }
h1 { font-size:16px; margin:0 8px 0 0; } header label { flex:1; min-width:220px; } #count { color:var(--soft); }
input,button { font:inherit; color:inherit; background:var(--pod); border:1px solid var(--line); border-radius:6px; padding:4px 9px; } input { width:min(360px,70%); }
main { flex:1; position:relative; overflow:hidden; } main > svg { width:100%; height:100%; cursor:grab; touch-action:none; }
aside { position:absolute; top:12px; right:12px; width:min(360px,90%); max-height:calc(100% - 24px); overflow:auto; box-sizing:border-box; background:var(--pod); border:1px solid var(--line); border-radius:8px; padding:12px 16px; box-shadow:0 4px 20px #0003; }
aside h2 { font-size:15px; margin:0 0 8px; overflow-wrap:anywhere; } dl { display:grid; grid-template-columns:auto 1fr; gap:3px 12px; margin:0; } dt { color:var(--soft); } dd { margin:0; overflow-wrap:anywhere; } aside button { float:right; }`;

/** Plain JavaScript for browsers, without a build step. It sets text only through textContent. */
const script = `
"use strict";
const nics = JSON.parse(document.getElementById("data").textContent);
const byId = new Map(nics.map((nic) => [nic.id, nic]));
const svg = document.querySelector("main > svg"), details = document.getElementById("details");
const filter = document.getElementById("filter"), count = document.getElementById("count");
const whole = svg.viewBox.baseVal, full = { x: 0, y: 0, width: whole.width, height: whole.height };
let view = { ...full };
function show() { svg.setAttribute("viewBox", [view.x, view.y, view.width, view.height].join(" ")); }
function zoom(factor, x = view.x + view.width / 2, y = view.y + view.height / 2) {
  const width = Math.min(Math.max(view.width * factor, full.width / 40), full.width * 2), by = width / view.width;
  view = { x: x - (x - view.x) * by, y: y - (y - view.y) * by, width, height: view.height * by };
  show();
}
function pointOf(event) { const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse()); return [at.x, at.y]; }
svg.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, ...pointOf(event)); }, { passive: false });
let grip;
svg.addEventListener("pointerdown", (event) => { grip = pointOf(event); });
svg.addEventListener("pointermove", (event) => { if (!grip || !event.buttons) return; const [x, y] = pointOf(event); view.x += grip[0] - x; view.y += grip[1] - y; show(); });
document.getElementById("in").onclick = () => zoom(1 / 1.3);
document.getElementById("out").onclick = () => zoom(1.3);
document.getElementById("fit").onclick = () => { view = { ...full }; show(); };
document.getElementById("theme").onclick = () => {
  const root = document.documentElement, dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
};
function wordsOf(nic) { return [nic.id, nic.pod, nic.node, nic.network, nic.interface, nic.mac, nic.condition, ...nic.addresses].join(" ").toLowerCase(); }
function apply() {
  const wanted = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const shown = new Set(nics.filter((nic) => wanted.every((word) => wordsOf(nic).includes(word))).map((nic) => nic.id));
  for (const element of svg.querySelectorAll("[data-nic]")) element.classList.toggle("dim", !shown.has(element.dataset.nic));
  count.textContent = shown.size + " of " + nics.length + " NICs";
}
filter.addEventListener("input", apply);
function choose(id) {
  for (const element of svg.querySelectorAll("[data-nic]")) element.classList.toggle("chosen", element.dataset.nic === id);
  const nic = byId.get(id);
  details.hidden = !nic;
  if (!nic) return;
  const rows = [["Pod", nic.namespace + "/" + nic.pod], ["Node", nic.node || "-"], ["Network", nic.network], ["Interface", nic.interface || "-"], ["MAC", nic.mac || "-"],
    ["Addresses", nic.addresses.join(", ") || "-"], ["Lease", nic.lease || "none"], ["Condition", nic.condition], ["Age", nic.age],
    ...nic.conditions.map((one) => [one.type, one.status + ", " + one.reason + ": " + one.message])];
  const title = document.createElement("h2"), list = document.createElement("dl"), close = document.createElement("button");
  title.textContent = id; close.textContent = "Close"; close.onclick = () => choose(undefined);
  for (const [name, value] of rows) { const term = document.createElement("dt"), text = document.createElement("dd"); term.textContent = name; text.textContent = value; list.append(term, text); }
  details.replaceChildren(close, title, list);
}
svg.addEventListener("click", (event) => { const nic = event.target.closest(".nic"); if (nic) choose(nic.dataset.nic); });
svg.addEventListener("keydown", (event) => { const nic = event.target.closest(".nic"); if (nic && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); choose(nic.dataset.nic); } });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") choose(undefined); });
const state = new URLSearchParams(location.hash.slice(1));
filter.value = state.get("filter") ?? "";
if (state.has("nic")) choose(state.get("nic"));
if (state.has("theme")) document.documentElement.dataset.theme = state.get("theme");
apply();
`;
