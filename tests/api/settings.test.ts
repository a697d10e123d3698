import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { ensurePulumi } from "../lab/index.ts";
import { until } from "../lab/run.ts";
import { makeCredentials } from "../support/api/credentials.ts";
import { type ApiServer, apiServer, startApiServer } from "../support/api/server.ts";
import { Stack } from "../support/stack.ts";

const program = `
const { Network } = require("pulumi-vnic");
exports.uid = new Network("settings-lan", { parent: "eth1", vlan: Number(process.env.VLAN ?? 5) }).uid;
`;

/**
 * Which cluster and which credentials each command uses. The cluster is an API server without nodes, which is enough
 * for a Network.
 */
describe("settings under the real engine", () => {
  let api: ApiServer;
  let other: ApiServer;
  let stack: Stack;

  before(async () => {
    await ensurePulumi();
    [api, other] = await Promise.all([apiServer(), startApiServer()]);
  });
  beforeEach(async () => {
    stack = await Stack.create({ kubeconfig: "/no/kubeconfig", program });
  });
  afterEach(async () => {
    await api.kubectl(["delete", "vnicnetworks", "--all"]);
    await stack.remove();
  });

  /** Invalidates all tokens of the provider's account, which contain the account's UID. */
  async function revoke(kubeconfig: string): Promise<void> {
    const path = join(stack.folder, `revoked-${randomUUID()}`);
    await writeFile(path, kubeconfig);
    await api.kubectl(["delete", "serviceaccount", "vnic-provider", "-n", "vnic-system"]);
    await api.kubectl(["create", "serviceaccount", "vnic-provider", "-n", "vnic-system"]);
    await until("the token to be refused", 60, async () => {
      const { code } = await api.kubectl(["auth", "whoami", `--kubeconfig=${path}`]);
      return code === 0 ? undefined : true;
    });
  }

  async function file(text: string): Promise<string> {
    const path = join(stack.folder, `kubeconfig-${randomUUID()}`);
    await writeFile(path, text);
    return path;
  }

  const set = (key: string, value: string, ...more: string[]) => stack.must("config", "set", ...more, key, value);
  const stored = async () => JSON.parse(await stack.must("stack", "export")) as Exported;
  const networks = async (server: ApiServer) =>
    (await server.kubectl(["get", "vnicnetworks", "-o", "name"])).stdout.trim();

  for (const [command, words] of [
    ["refresh", ["refresh", "--yes", "--skip-preview"]],
    ["up --refresh", ["up", "--refresh", "--yes"]],
    ["destroy", ["destroy", "--yes"]],
  ] as const)
    it(`are the current ones at ${command}, with another kubeconfig after the first token was revoked`, async () => {
      const first = await makeCredentials(api);
      await set("vnic:kubeconfig", await file(first.kubeconfig));
      await stack.up();
      await revoke(first.kubeconfig);
      await set("vnic:kubeconfig", await file((await makeCredentials(api)).kubeconfig));
      await stack.must(...words);
      expect(await networks(api)).to.equal(command === "destroy" ? "" : "vnicnetwork.pulumi-vnic.dev/settings-lan");
    });

  it("are the current ones at refresh and destroy when a kubeconfig is set after the last up", async () => {
    Object.assign(stack.spawnOptions.env, { KUBECONFIG: api.kubeconfig });
    await stack.up();
    Object.assign(stack.spawnOptions.env, { KUBECONFIG: "/no/kubeconfig" });
    await set("vnic:kubeconfig", api.kubeconfig);
    await stack.must("refresh", "--yes", "--skip-preview");
    await set("vnic:context", "none");
    const { code, stdout } = await stack.pulumi("destroy", "--yes", "--skip-preview");
    expect(code).to.not.equal(0);
    expect(stdout).to.include(`context "none" is not in the kubeconfig; it has api`);
    await stack.must("config", "rm", "vnic:context");
    await stack.destroy();
    expect(await networks(api)).to.equal("");
  });

  it("that are encrypted need the program at refresh, and no export shows them", async () => {
    const { kubeconfig, token } = await makeCredentials(api);
    await set("vnic:kubeconfig", kubeconfig, "--secret");
    await stack.up();
    const exported = await stack.must("stack", "export");
    for (const form of [token, Buffer.from(token).toString("base64"), encodeURIComponent(kubeconfig), api.kubeconfig])
      expect(exported).to.not.include(form);
    await revoke(kubeconfig);
    await set("vnic:kubeconfig", (await makeCredentials(api)).kubeconfig, "--secret");
    const refresh = ["refresh", "--yes", "--skip-preview"];
    const { code, stdout } = await stack.pulumi(...refresh);
    expect(code).to.not.equal(0);
    expect(stdout).to.match(/this vnic:kubeconfig is the one that the last up stored; .*--run-program/);
    await stack.must(...refresh, "--run-program");
    Object.assign(stack.spawnOptions.env, { VNIC_KUBECONFIG: (await makeCredentials(api)).kubeconfig });
    await stack.must(...refresh);
    await stack.destroy();
    expect(await networks(api)).to.equal("");
  });

  it("may name an environment variable, so that only its name is stored", async () => {
    const { kubeconfig, token } = await makeCredentials(api);
    await set("vnic:kubeconfig", "env:SHOP_KUBECONFIG");
    Object.assign(stack.spawnOptions.env, { SHOP_KUBECONFIG: kubeconfig });
    await stack.up();
    expect(await stack.must("stack", "export"))
      .to.include("env:SHOP_KUBECONFIG")
      .and.not.include(token);
    Object.assign(stack.spawnOptions.env, { SHOP_KUBECONFIG: "" });
    expect((await stack.pulumi("destroy", "--yes", "--skip-preview")).stdout).to.include(
      `the environment variable "SHOP_KUBECONFIG", which has the kubeconfig, is not set`,
    );
    Object.assign(stack.spawnOptions.env, { SHOP_KUBECONFIG: api.kubeconfig });
    await stack.destroy();
  });

  it("refuse an unencrypted kubeconfig text at preview and up, before anything is stored", async () => {
    const { kubeconfig, token } = await makeCredentials(api);
    for (const value of [kubeconfig, token]) {
      await set("vnic:kubeconfig", value, "--plaintext");
      for (const words of [["preview"], ["up", "--yes", "--skip-preview"]]) {
        const { code, stdout, stderr } = await stack.pulumi(...words);
        expect(code).to.not.equal(0);
        expect(stdout + stderr)
          .to.include("vnic:kubeconfig holds the text of a kubeconfig in plain")
          .and.include("pulumi config set --secret vnic:kubeconfig");
      }
    }
    expect(JSON.stringify(await stored())).to.not.include("eyJ");
  });

  it("that lead to another cluster are refused by every command, and no resource is taken for gone", async () => {
    await set("vnic:kubeconfig", api.kubeconfig);
    await stack.up();
    const uid = async (server: ApiServer) =>
      (await server.kubectl(["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"])).stdout;
    const words = `Network settings-lan was made in cluster ${await uid(api)}, this is ${await uid(other)}: vnic:kubeconfig leads to another cluster`;
    await set("vnic:kubeconfig", other.kubeconfig);
    Object.assign(stack.spawnOptions.env, { VLAN: "6" });
    for (const command of [
      ["refresh", "--yes", "--skip-preview"],
      ["up", "--yes", "--skip-preview"],
      ["up", "--yes", "--refresh", "--skip-preview"],
      ["destroy", "--yes", "--skip-preview"],
    ]) {
      const { code, stdout } = await stack.pulumi(...command);
      expect(code, command.join(" ")).to.not.equal(0);
      expect(stdout).to.include(words);
    }
    expect(await networks(other)).to.equal("");
    await set("vnic:kubeconfig", api.kubeconfig);
    await stack.destroy();
    expect(await networks(api)).to.equal("");
  });

  it("find what an earlier version stored without a cluster, and a refresh stores the cluster without a diff", async () => {
    await set("vnic:kubeconfig", api.kubeconfig);
    await stack.up();
    const state = await stored();
    for (const { outputs } of state.deployment.resources) delete outputs?.clusterUid;
    const path = await file(JSON.stringify(state));
    await stack.must("stack", "import", "--file", path);
    await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes");
    await stack.must("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    const [network] = (await stored()).deployment.resources.filter(({ type }) => type.endsWith("vnic:Network"));
    expect(network?.outputs?.clusterUid).to.match(/^[0-9a-f-]{36}$/);
    await stack.destroy();
  });
});

interface Exported {
  readonly deployment: {
    readonly resources: { readonly type: string; readonly outputs?: Record<string, unknown> }[];
  };
}
