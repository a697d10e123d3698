import type { Change } from "./fields.ts";
import { codeHtml, codeSpan, plainText } from "./escape.ts";
import type { NicChange, PlanReport } from "./report.ts";
import { isList, isHiddenValue, type PlanValue } from "./values.ts";

/** The number of NICs from which on they are folded by pod. */
const foldedFrom = 11;
/** Less than the 65536 characters of a GitHub comment, which may have other text as well. */
const maxCharacters = 60_000;

/** Renders the report as a pull request comment: a summary, then a table for each pod and network. */
export function renderPlan(report: PlanReport): string {
  const sections = groupsOf(report.vnics).map((group) => section(group, report.vnics.length >= foldedFrom));
  const shown: string[] = [];
  const complaints = report.errors.length > 0 ? [errors(report.errors)] : [];
  let left = maxCharacters - complaints.join().length;
  for (const text of sections) if ((left -= text.length) > 0) shown.push(text);
  const cut = sections.length - shown.length;
  const parts = [
    summary(report),
    ...complaints,
    ...shown,
    ...(cut > 0 ? [`${count(cut, "more table")} left out for length; \`pulumi preview\` shows all.`] : []),
    planMarker(report.stack),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** An invisible comment by which the pull request comment is found again. */
export function planMarker(stack: string | undefined): string {
  return `<!-- pulumi-vnic plan ${(stack ?? "").replace(/[^\w./-]/g, "")} -->`;
}

function summary({ stack, vnics, others, errors }: PlanReport): string {
  const of = stack === undefined ? "" : ` of ${codeSpan(stack)}`;
  if (errors.length > 0) return `**The preview${of} failed**; what it got to see is below.`;
  const nics = describeCounts((change) => vnics.filter((vnic) => vnic.change === change).length);
  const rest = describeCounts((change) => others[change]);
  const interrupted = vnics.filter(({ interrupting }) => interrupting).length;
  return [
    `**The plan${of} changes ${vnics.length === 0 ? "no NIC" : count(vnics.length, "NIC")}**${nics === "" ? "." : `: ${nics}.`}`,
    ...(vnics.length === 0
      ? []
      : [`${interrupted === 0 ? "No traffic" : `Traffic of ${interrupted}`} is interrupted.`]),
    ...(rest === "" ? [] : [`Other resources: ${rest}.`]),
  ].join(" ");
}

const outcomes: Readonly<Record<Change, string>> = {
  create: "created",
  update: "updated in place",
  replace: "replaced",
  delete: "deleted",
};

function describeCounts(number: (change: Change) => number): string {
  return (Object.keys(outcomes) as Change[])
    .filter((change) => number(change) > 0)
    .map((change) => `${number(change)} ${outcomes[change]}`)
    .join(", ");
}

function errors(messages: readonly string[]): string {
  const most = 10;
  const lines = messages.slice(0, most).map((message) => `- ${codeSpan(message.replaceAll("\n", " "), 400)}`);
  return [...lines, ...(messages.length > most ? [`- and ${messages.length - most} more`] : [])].join("\n");
}

function groupsOf(vnics: readonly NicChange[]): NicChange[][] {
  const groups = new Map<string, NicChange[]>();
  for (const vnic of vnics) {
    const key = JSON.stringify([vnic.pod, vnic.network]);
    groups.set(key, [...(groups.get(key) ?? []), vnic]);
  }
  return [...groups.values()];
}

function section(vnics: readonly NicChange[], folded: boolean): string {
  const [{ pod, network } = { pod: null, network: null }] = vnics;
  const head = ["| NIC | Field | Old → new | Change | Interrupts |", "| --- | --- | --- | --- | --- |"];
  const table = [...head, ...vnics.flatMap(rows)].join("\n");
  if (!folded) return `### Pod ${shownValue(pod)}, network ${shownValue(network)}\n\n${table}`;
  const title = `Pod ${shownValue(pod, codeHtml)}, network ${shownValue(network, codeHtml)}: ${count(vnics.length, "NIC")}`;
  return `<details>\n<summary>${title}</summary>\n\n${table}\n\n</details>`;
}

/** The table rows of a NIC. What is the same for the whole NIC is only in the first row. */
function rows({ nic, change, fields }: NicChange): string[] {
  return fields.map(({ field, old, new: wanted, how, interrupts }, index) => {
    const values = `${shownValue(old)} → ${shownValue(wanted)}`;
    const consequences = index > 0 && change !== "update" ? ["", ""] : [how, plainText(interrupts)];
    return `| ${[index === 0 ? codeSpan(nic) : "", codeSpan(field), values, ...consequences].join(" | ")} |`;
  });
}

function shownValue(value: PlanValue, code: (text: string) => string = codeSpan): string {
  if (value === null) return "none";
  if (isList(value)) return value.map((item) => shownValue(item, code)).join(", ");
  return isHiddenValue(value) ? value.hidden : code(String(value));
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
