/**
 * Records the output of the real engine for `pulumi preview --json`, for the tests of `pulumi-vnic plan`: node
 * tests/support/record-plans.ts, after `npm run build`.
 *
 * This needs no cluster, because check and diff do no I/O, and the results of `create` are invented. Values that differ
 * between machines are left out.
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensurePulumi } from "../lab/index.ts";
import { must, run } from "../lab/run.ts";

const checkout = join(import.meta.dirname, "..", "..");
const fixtures = join(checkout, "tests", "fixtures", "plan");
const built = (file: string): string => pathToFileURL(join(checkout, "dist", file)).href;

/** The package with an invented `create`, and the real stub, check and diff. */
const stand = {
  "package.json": JSON.stringify({
    name: "pulumi-vnic",
    type: "module",
    exports: { ".": "./index.js", "./provider": "./provider.js" },
  }),
  "index.js": `export * from "${built("sdk/index.js")}";`,
  "provider.js": `
import { stateOf } from "${built("provider/model/state.js")}";
export { configure, check, diff } from "${built("provider/hooks/vnic.js")}";
export const create = async ({ __provider, ...definition }) => ({
  id: definition.pod.namespace + "/" + definition.name,
  outs: stateOf(definition, {
    uid: "u-" + definition.name, node: "node1", podUid: "p-" + definition.pod.name, sandboxId: "5a",
    interface: { name: definition.interfaceName, mac: definition.mac, mtu: definition.mtu ?? 1500, addresses: definition.addresses, up: true },
    ...(definition.name === "drifted" ? { drift: ["the NIC is missing in pod shop/db-0"] } : {}),
  }, "0.1.0"),
});`,
};

const program = `
const pulumi = require("@pulumi/pulumi");
const { Vnic } = require("pulumi-vnic");
const at = process.env.STORY;
const db = { namespace: "shop", name: "db-0" };
const web = { namespace: "shop", name: "web-0" };
const network = { parent: "eth1" };
const team = new pulumi.Config().requireSecret("team");
class Shelf extends pulumi.ComponentResource { constructor(name) { super("shop:index:Shelf", name); } }
if (at === "before" || at === "after") {
  const before = at === "before";
  new Shelf("old-shelf");
  if (!before) new Shelf("new-shelf");
  const wire = new Vnic("db-wire", {
    pod: db, network,
    addresses: [before ? "192.168.50.10/24" : "192.168.50.11/24", "fd50::10/64"],
    labels: { team: before ? team : team.apply((name) => name + "-2"), tier: before ? "one" : "two" },
    ...(before ? {} : { mtu: 1400 }),
  });
  new Vnic("db-mac", { pod: db, network, addresses: ["192.168.50.12/24"], mac: before ? "02:00:00:00:00:01" : "02:00:00:00:00:02" });
  new Vnic("moves", { pod: before ? db : web, network, addresses: ["192.168.50.19/24"] });
  if (before) new Vnic("<b>gone</b> | \`@all\`", { name: "gone", pod: web, network, addresses: ["192.168.50.13/24"] });
  else new Vnic("arrives", { pod: web, network: { parent: "eth2" }, addresses: ["192.168.50.14/24"], labels: { node: wire.node } });
  new Vnic("drifted", { pod: db, network, addresses: ["192.168.50.15/24"] });
  new Vnic("follows", {
    pod: db, network,
    addresses: [before ? "192.168.50.16/24" : wire.node.apply(() => "192.168.50.17/24")],
    deadlines: before ? {} : { createSeconds: 10 },
  });
  new Vnic("stays", { pod: db, network, addresses: ["192.168.50.18/24"] });
}
if (at === "long")
  for (let pod = 0; pod < 3; pod++)
    for (let wire = 0; wire < 5; wire++)
      new Vnic("wire-" + pod + "-" + wire, { pod: { namespace: "shop", name: "db-" + pod }, network, addresses: ["192.168.51." + (10 * pod + wire + 1) + "/24"] });
if (at === "mistaken") new Vnic("db-wire", { pod: { nmae: "db-0" }, network, addresses: ["10.0.0.300/24"] });
`;

const folder = await mkdtemp(join(tmpdir(), "vnic-plans-"));
const project = join(folder, "project");
const env = {
  ...process.env,
  PATH: `${await ensurePulumi()}:${dirname(process.execPath)}:${process.env.PATH}`,
  PULUMI_HOME: join(folder, "home"),
  PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
  PULUMI_CONFIG_PASSPHRASE: "plans",
  PULUMI_SKIP_UPDATE_CHECK: "true",
};
const pulumi = (story: string, ...argv: string[]) => ({
  argv: ["pulumi", ...argv, "--non-interactive"],
  options: { cwd: project, env: { ...env, STORY: story }, timeoutSeconds: 600 },
});

async function preview(name: string, story: string): Promise<void> {
  const { argv, options } = pulumi(story, "preview", "--json");
  const { stdout } = await run(argv, options);
  const machine = [
    "duration",
    "provider",
    "sourcePosition",
    "stackTrace",
    "propertyDependencies",
    "created",
    "modified",
  ];
  const portable = (key: string, value: unknown): unknown => {
    if (key === "__provider" && typeof value === "string") return `${value.slice(0, 200)}…`;
    return machine.includes(key) ? undefined : value;
  };
  const text = JSON.stringify(JSON.parse(stdout), portable, 1).replaceAll(project, "/project");
  await writeFile(join(fixtures, `${name}.json`), `${text}\n`);
  console.log(`${name}.json`);
}

try {
  const stub = join(project, "node_modules", "pulumi-vnic");
  await Promise.all([
    mkdir(stub, { recursive: true }),
    mkdir(join(folder, "state")),
    mkdir(fixtures, { recursive: true }),
  ]);
  await symlink(join(checkout, "node_modules", "@pulumi"), join(project, "node_modules", "@pulumi"));
  for (const [name, text] of Object.entries(stand)) await writeFile(join(stub, name), text);
  await writeFile(join(project, "package.json"), `{ "private": true }`);
  await writeFile(join(project, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
  await writeFile(join(project, "index.js"), program);
  for (const words of [
    ["stack", "init", "dev"],
    ["config", "set", "--secret", "team", "hush-hush"],
  ])
    await must(pulumi("", ...words).argv, pulumi("").options);
  await preview("creates", "before");
  await preview("long", "long");
  await preview("mistaken", "mistaken");
  const made = pulumi("before", "up", "--yes", "--skip-preview");
  await must(made.argv, made.options);
  await preview("changes", "after");
  await preview("deletes", "nothing");
} finally {
  await rm(folder, { recursive: true, force: true });
}
