import { expect } from "chai";
import { Project } from "./project.ts";

/** An input that comes from another resource, and the expected plan while that resource changes. */
interface Row {
  readonly kind: "Vnic" | "Network" | "VnicSet";
  readonly input: string;
  readonly value: unknown;
  /** The path of the unknown part within the value; the whole value by default. */
  readonly at?: readonly (string | number)[];
  /** @default "update" */
  readonly planned?: "update" | "replace";
}

const range = { cidr: "192.168.50.0/24", from: "192.168.50.10" };
const network = { mode: "macvlan", parent: "eth1", vlan: 5 };
const named = { name: "lan", definition: { parent: "eth1", mtu: 1400 } };
const route = { to: "10.20.0.0/16", via: "192.168.50.1", metric: 5 };

const rows: readonly Row[] = [
  { kind: "Vnic", input: "pod", value: { namespace: "shop", name: "db-0" }, planned: "replace" },
  { kind: "Vnic", input: "pod", value: { namespace: "shop", name: "db-0" }, at: ["name"], planned: "replace" },
  { kind: "Vnic", input: "pod", value: { namespace: "shop", name: "db-0" }, at: ["namespace"], planned: "replace" },
  { kind: "Vnic", input: "network", value: network },
  { kind: "Vnic", input: "network", value: network, at: ["mode"] },
  { kind: "Vnic", input: "network", value: network, at: ["parent"] },
  { kind: "Vnic", input: "network", value: network, at: ["vlan"] },
  { kind: "Vnic", input: "network", value: named },
  { kind: "Vnic", input: "network", value: named, at: ["name"] },
  { kind: "Vnic", input: "network", value: named, at: ["definition"] },
  { kind: "Vnic", input: "network", value: named, at: ["definition", "mtu"] },
  { kind: "Vnic", input: "network", value: { networkAttachmentDefinition: "lan" } },
  {
    kind: "Vnic",
    input: "network",
    value: { networkAttachmentDefinition: "lan" },
    at: ["networkAttachmentDefinition"],
  },
  { kind: "Vnic", input: "addresses", value: ["192.168.50.10/24", "192.168.50.11/24"] },
  { kind: "Vnic", input: "addresses", value: ["192.168.50.10/24", "192.168.50.11/24"], at: [1] },
  { kind: "Vnic", input: "dhcp", value: { hostname: "db-0" } },
  { kind: "Vnic", input: "dhcp", value: { hostname: "db-0" }, at: ["hostname"] },
  { kind: "Vnic", input: "slaac", value: true },
  { kind: "Vnic", input: "mac", value: "02:00:5e:10:00:01" },
  { kind: "Vnic", input: "interfaceName", value: "net1" },
  { kind: "Vnic", input: "mtu", value: 1400 },
  { kind: "Vnic", input: "duplicateAddressDetection", value: false },
  { kind: "Vnic", input: "placement", value: "direct" },
  { kind: "Vnic", input: "routes", value: [route] },
  { kind: "Vnic", input: "routes", value: [route], at: [0] },
  { kind: "Vnic", input: "routes", value: [route], at: [0, "metric"] },
  { kind: "Vnic", input: "gateways", value: ["192.168.50.1"] },
  { kind: "Vnic", input: "gateways", value: ["fe80::1", "192.168.50.1"], at: [0] },
  { kind: "Vnic", input: "labels", value: { team: "shop" } },
  { kind: "Vnic", input: "labels", value: { team: "shop" }, at: ["team"] },
  { kind: "Vnic", input: "deletionPolicy", value: "waitForPod" },
  { kind: "Vnic", input: "deadlines", value: { createSeconds: 60 }, at: ["createSeconds"] },
  { kind: "Vnic", input: "name", value: "wire" },
  { kind: "Network", input: "mode", value: "bridge" },
  { kind: "Network", input: "parent", value: "eth2" },
  { kind: "Network", input: "parents", value: [{ nodes: { rack: "1" }, parent: "eth2" }] },
  { kind: "Network", input: "parents", value: [{ nodes: { rack: "1" }, parent: "eth2" }], at: [0, "parent"] },
  { kind: "Network", input: "vlan", value: 7 },
  { kind: "Network", input: "mtu", value: 1400 },
  { kind: "Network", input: "placement", value: "direct" },
  { kind: "Network", input: "gateways", value: ["192.168.50.1"] },
  { kind: "Network", input: "ranges", value: [range] },
  { kind: "Network", input: "ranges", value: [range, { cidr: "192.168.60.0/24" }].slice(0, 1), at: [0, "cidr"] },
  { kind: "Network", input: "namespaces", value: ["shop"], at: [0] },
  { kind: "Network", input: "macPrefixes", value: ["02:00:5e"], at: [0] },
  { kind: "Network", input: "freeAddresses", value: true },
  { kind: "Network", input: "vnicsPerNamespace", value: 5 },
  { kind: "Network", input: "name", value: "wan" },
  { kind: "VnicSet", input: "namespace", value: "shop" },
  { kind: "VnicSet", input: "selector", value: { app: "db" } },
  { kind: "VnicSet", input: "selector", value: { app: "db" }, at: ["app"] },
  { kind: "VnicSet", input: "template", value: { network: { parent: "eth1" } } },
  { kind: "VnicSet", input: "template", value: { network: { parent: "eth1" } }, at: ["network"] },
  { kind: "VnicSet", input: "template", value: { network: { parent: "eth1" }, mtu: 1400 }, at: ["mtu"] },
  { kind: "VnicSet", input: "addresses", value: [range] },
  { kind: "VnicSet", input: "addresses", value: [range], at: [0, "from"] },
  { kind: "VnicSet", input: "labels", value: { team: "shop" } },
  { kind: "VnicSet", input: "name", value: "wires" },
];

const least: Readonly<Record<Row["kind"], string>> = {
  Vnic: `{ pod: { namespace: "shop", name: "db-0" }, network: { parent: "eth1" }, addresses: ["192.168.50.10/24"] }`,
  Network: `{ parent: "eth1" }`,
  VnicSet: `{ selector: { app: "db" }, template: { network: { parent: "eth1" } } }`,
};

const nameOf = ({ kind, input, at = [] }: Row, index: number) => [kind, input, ...at, index].join("-").toLowerCase();

/** The value as an expression with the source's output in it. */
function expression(value: unknown, at: readonly (string | number)[], out: string): string {
  const [key, ...rest] = at;
  if (key === undefined) return out;
  const within = (one: unknown, here: string | number) =>
    String(here) === String(key) ? expression(one, rest, out) : JSON.stringify(one);
  if (Array.isArray(value)) return `[${value.map(within).join()}]`;
  const entries = Object.entries(value as object);
  return `{${entries.map(([name, one]) => `${JSON.stringify(name)}: ${within(one, name)}`).join()}}`;
}

function program(round: number): string {
  const values = rows.map(({ value, at = [] }) => at.reduce<unknown>((one, key) => (one as never)[key], value));
  const resources = rows.map((row, index) => {
    const given = expression(row.value, row.at ?? [], `source.out[${index}]`);
    return `new ${row.kind}("${nameOf(row, index)}", { ...${least[row.kind]}, ${row.input}: ${given} });`;
  });
  // Each value is an output of a resource whose outputs are unknown while it changes.
  return [`const source = new Source("source", ${JSON.stringify(values)}, ${round});`, ...resources].join("\n");
}

describe("inputs from another resource", () => {
  let project: Project;
  before(async () => {
    project = await Project.create();
    await project.program(program(1));
    await project.stack.up();
  });
  after(() => project.remove());

  it("plan no change while that resource doesn't change", () => project.stack.must("preview", "--expect-no-changes"));

  it("plan at most an update while they are unknown, except that another pod is another Vnic", async () => {
    await project.program(program(2));
    const expected = rows.map((row, index) => [nameOf(row, index), row.planned ?? "update"]);
    expect(await project.ops("preview")).to.deep.equal(Object.fromEntries(expected));
  });

  it("may turn out unchanged after a saved plan of an update", async () => {
    // A plan with a replacement requires that replacement.
    const replaced = rows.flatMap((row, index) => (row.planned === "replace" ? [nameOf(row, index)] : []));
    const without = replaced.flatMap((name) => [
      "--exclude",
      `urn:pulumi:test::vnic-preview::pulumi-nodejs:dynamic/vnic:Vnic::${name}`,
    ]);
    await project.ops("preview", "--save-plan", project.file("plan.json"), ...without);
    const plan = ["--plan", project.file("plan.json")];
    const done = await project.ops("up", "--yes", "--skip-preview", ...plan, ...without);
    expect(new Set(Object.values(done))).to.deep.equal(new Set(["same"]));
    expect(new Set(Object.values(await project.ops("up", "--yes", "--skip-preview")))).to.deep.equal(new Set(["same"]));
  });
});
