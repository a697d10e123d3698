import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { ensurePulumi } from "../lab/index.ts";
import { makeCredentials } from "../support/api/credentials.ts";
import { type ApiServer, apiServer, startApiServer } from "../support/api/server.ts";
import { Stack } from "../support/stack.ts";

const program = `
const { Network } = require("pulumi-vnic");
for (const [resource, cluster] of JSON.parse(process.env.NETWORKS))
  new Network(resource, { parent: "eth1", vlan: Number(process.env.VLAN ?? 5), cluster });
if (process.env.LOOK_UP) exports.parent = Network.get("seen", process.env.LOOK_UP, { cluster: "two" }).parent;
`;

/** Networks of one program in several clusters; each cluster is an API server, the second by an IPv6 address. */
describe("clusters that resources name", () => {
  let one: ApiServer;
  let two: ApiServer;
  let stack: Stack;
  let credentials: string;

  before(async () => {
    await ensurePulumi();
    [one, two] = await Promise.all([apiServer(), startApiServer({ ipv6: true })]);
  });
  beforeEach(async () => {
    stack = await Stack.create({ kubeconfig: one.kubeconfig, program });
    credentials = join(stack.folder, "two.kubeconfig");
    await set("vnic:clusters.two.kubeconfig", credentials, "--path");
    declare(["lan-one"], ["lan-two", "two"]);
  });
  afterEach(async () => {
    for (const api of [one, two]) await api.kubectl(["delete", "vnicnetworks", "--all"]);
    await stack.remove();
  });

  const set = (key: string, value: string, ...more: string[]) => stack.must("config", "set", ...more, key, value);
  const declare = (...networks: [resource: string, cluster?: string][]) =>
    Object.assign(stack.spawnOptions.env, { NETWORKS: JSON.stringify(networks) });
  const networks = async (api: ApiServer) =>
    (await api.kubectl(["get", "vnicnetworks", "-o", "jsonpath={.items[*].metadata.name}"])).stdout;
  const connect = async () => writeFile(credentials, await readFile(two.kubeconfig));

  it("are served by one up, and each later command finds each resource in its own cluster", async () => {
    await stack.must("preview"); // The setting doesn't have the second cluster yet.
    await connect();
    await stack.up();
    expect([await networks(one), await networks(two)]).to.deep.equal(["lan-one", "lan-two"]);
    await stack.must("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    Object.assign(stack.spawnOptions.env, { VLAN: "6" });
    await stack.must("up", "--yes");
    const { stdout } = await two.kubectl(["get", "vnicnetwork", "lan-two", "-o", "jsonpath={.spec.vlan}"]);
    expect(stdout).to.equal("6");
    await two.kubectl(["delete", "vnicnetwork", "lan-two"]);
    expect(await stack.must("refresh", "--yes", "--skip-preview")).to.match(/- 1 deleted/);
    await stack.destroy();
    expect([await networks(one), await networks(two)]).to.deep.equal(["", ""]);
  });

  it("are stored in state by name, without credentials, and renewed credentials cause no diff", async () => {
    const renew = async () => {
      const { kubeconfig, token } = await makeCredentials(two);
      await set("vnic:clusters", JSON.stringify({ two: { kubeconfig } }), "--secret");
      return token;
    };
    await stack.must("config", "rm", "vnic:clusters");
    const token = await renew();
    await stack.up();
    const exported = await stack.must("stack", "export");
    expect(exported).to.include(`"cluster": "two"`).and.not.include(token);
    await renew();
    await stack.must("preview", "--expect-no-changes");
    await stack.destroy("--run-program");
    expect(await networks(two)).to.equal("");
  });

  it("are refused at preview when the setting lacks the name, or is in plain text", async () => {
    declare(["lan-three", "three"]);
    const { code, stdout } = await stack.pulumi("preview");
    expect(code).to.not.equal(0);
    expect(stdout).to.match(/cluster "three" is not in vnic:clusters; it has two/);
    const text = JSON.stringify({ two: { kubeconfig: await readFile(two.kubeconfig, "utf8") } });
    await set("vnic:clusters", text, "--plaintext");
    const plain = await stack.pulumi("preview");
    expect(plain.code).to.not.equal(0);
    expect(plain.stdout + plain.stderr).to.include("vnic:clusters holds the text of a kubeconfig in plain");
  });

  it("are refused when the name leads to another cluster than before, and no resource is taken for gone", async () => {
    await connect();
    await stack.up();
    await set("vnic:clusters.two.kubeconfig", one.kubeconfig, "--path");
    for (const command of ["refresh", "destroy"]) {
      const { code, stdout } = await stack.pulumi(command, "--yes", "--skip-preview");
      expect(code).to.not.equal(0);
      expect(stdout).to.match(
        /Network lan-two was made in cluster \S+, this is \S+: vnic:clusters, two.kubeconfig leads to another cluster/,
      );
    }
    await set("vnic:clusters.two.kubeconfig", credentials, "--path");
    await stack.destroy();
    expect(await networks(two)).to.equal("");
  });

  it("have a resource replaced when it changes from one to the other", async () => {
    await connect();
    declare(["lan"]);
    await stack.up();
    declare(["lan", "two"]);
    expect(await stack.must("preview")).to.match(/1 to replace/);
    await stack.up();
    expect([await networks(one), await networks(two)]).to.deep.equal(["", "lan"]);
    await stack.destroy();
  });

  it("are used to look up a resource", async () => {
    await connect();
    declare(["lan", "two"]);
    await stack.up();
    Object.assign(stack.spawnOptions.env, { LOOK_UP: "lan" });
    await stack.up();
    expect(await stack.output("parent")).to.equal("eth1");
    await stack.destroy();
  });
});
