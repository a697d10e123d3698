import type { VnicGraph } from "./graph.ts";
import { type Box, type Layout, layOut } from "./layout.ts";

/** Escapes text for XML, and removes control characters that XML forbids. */
export function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[\p{Cc}\ufffe\uffff]/gu, "").replace(/[&<>"']/g, (one) => entities[one]!);
}

/** Colours as CSS variables, so that one picture works with light and dark themes. */
export const graphStyle = `
.vnic-graph { --ground:#fff; --ink:#1c2430; --soft:#5b6675; --line:#c9d1db; --node:#f4f6f9; --pod:#fff; --bad:#b3261e; font:13px system-ui,"DejaVu Sans",sans-serif; background:var(--ground); }
@media (prefers-color-scheme:dark) { .vnic-graph { --ground:#12161c; --ink:#e6ebf2; --soft:#9aa7b8; --line:#3a4452; --node:#1a2029; --pod:#222a35; --bad:#ff8a80; } }
:root[data-theme=light] .vnic-graph { --ground:#fff; --ink:#1c2430; --soft:#5b6675; --line:#c9d1db; --node:#f4f6f9; --pod:#fff; --bad:#b3261e; }
:root[data-theme=dark] .vnic-graph { --ground:#12161c; --ink:#e6ebf2; --soft:#9aa7b8; --line:#3a4452; --node:#1a2029; --pod:#222a35; --bad:#ff8a80; }
.vnic-graph text { fill:var(--ink); } .vnic-graph .soft { fill:var(--soft); font-size:12px; } .vnic-graph .title { font-weight:600; }
.vnic-graph .node { fill:var(--node); stroke:var(--line); } .vnic-graph .pod { fill:var(--pod); stroke:var(--line); }
.vnic-graph .edge { fill:none; stroke-width:1.2; opacity:.35; } .vnic-graph .nic rect { fill:transparent; } .vnic-graph .bad text { fill:var(--bad); }
.vnic-graph .nic { cursor:pointer; } .vnic-graph .nic:hover rect, .vnic-graph .nic:focus rect, .vnic-graph .nic.chosen rect { fill:var(--line); opacity:.5; } .vnic-graph .nic:focus { outline:none; }
.vnic-graph .edge.chosen { opacity:1; stroke-width:2.4; } .vnic-graph .dim { opacity:.12; }`;

/** Hues that are far apart and differ in lightness as well, for readers with colour blindness. */
const colours = ["#2f6fdb", "#d9782d", "#2f9e62", "#b0479b", "#8a6d1f", "#3aa6b9", "#7a5af5", "#c2453f"];

function colourOf(index: number): string {
  return colours[index % colours.length]!;
}

/** Renders the picture as one SVG element. It needs {@link graphStyle}, which a standalone file includes. */
export function renderSvg(graph: VnicGraph, { standalone }: { readonly standalone: boolean }): string {
  const layout = layOut(graph);
  const { width, height } = layout;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="vnic-graph" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Vnics by network, node and pod">`,
    standalone ? `<style>${graphStyle}</style><rect width="100%" height="100%" fill="var(--ground)"/>` : "",
    `<g id="world">`,
    ...layout.nics.map((nic) => edge(nic, layout)),
    ...layout.networks.map(network),
    ...layout.nodes.map(
      (one) => `${rect(one, "node", 8)}${label(one, 14, 20, one.node.name || "on no node yet", 38, "title")}`,
    ),
    ...layout.pods.map(
      (one) => `${rect(one, "pod", 6)}${label(one, 10, 16, `${one.pod.namespace}/${one.pod.name}`, 40, "soft")}`,
    ),
    ...layout.nics.map(nic),
    `</g></svg>`,
  ].join("\n");
}

function network({ name, colour, ...box }: Layout["networks"][number]): string {
  const bar = `<rect x="${box.x}" y="${box.y}" width="6" height="${box.height}" rx="3" fill="${colourOf(colour)}"/>`;
  return `<g class="network" data-network="${escapeXml(name)}">${rect(box, "node", 6)}${bar}${label(box, 16, 27, name, 22, "title")}</g>`;
}

function edge({ nic, network: index, ...box }: Layout["nics"][number], { networks }: Layout): string {
  const from = networks[index];
  if (!from) return "";
  const [x1, y1, x2, y2] = [from.x + from.width, from.y + from.height / 2, box.x, box.y + box.height / 2];
  const bend = Math.min(120, (x2 - x1) / 2);
  return `<path class="edge" data-nic="${escapeXml(nic.id)}" stroke="${colourOf(index)}" d="M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}"/>`;
}

function nic({ nic, network: index, ...box }: Layout["nics"][number]): string {
  const middle = box.y + box.height / 2 + 4.5;
  const addresses = nic.addresses.join(" ") || "no address";
  const words = `${nic.id}: ${nic.interface} ${addresses}, ${nic.network}, ${nic.condition}`;
  const text = (x: number, value: string, most: number, style = "") =>
    `<text x="${box.x + x}" y="${middle}"${style && ` class="${style}"`}>${escapeXml(shorten(value, most))}</text>`;
  return `<g class="nic${nic.healthy ? "" : " bad"}" data-nic="${escapeXml(nic.id)}" tabindex="0" role="button"><title>${escapeXml(words)}</title>${rect(box, "", 3)}<circle cx="${box.x + 12}" cy="${box.y + box.height / 2}" r="4.5" fill="${colourOf(Math.max(0, index))}"/>${text(24, nic.interface || nic.name, 11)}${text(104, nic.addresses[0] ?? "-", 20)}${nic.healthy ? "" : text(246, nic.condition, 12)}</g>`;
}

function rect({ x, y, width, height }: Box, style: string, radius: number): string {
  return `<rect${style && ` class="${style}"`} x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}"/>`;
}

function label({ x, y }: Box, right: number, down: number, text: string, most: number, style: string): string {
  return `<text class="${style}" x="${x + right}" y="${y + down}"><title>${escapeXml(text)}</title>${escapeXml(shorten(text, most))}</text>`;
}

/** Shortens text to at most `most` characters. */
function shorten(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}
