import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { minNodeVersion } from "../../provider/base/package.ts";
import { refuseOldNode } from "../../provider/base/node-version.ts";
import { kubeconfig } from "../fakes/kubeconfig.ts";
import { definition, inputs } from "../fakes/objects.ts";
import { skip } from "../skip.ts";
import { callError, ProviderProcess } from "./provider-process.ts";

/** An address at which nobody listens, unlike at a free port, which may be given to another program meanwhile. */
const closed = "http://127.0.0.1:2";

describe("access to the cluster from Pulumi's provider process", () => {
  let provider: ProviderProcess;
  afterEach(() => provider?.stop());

  async function errorOfCreate(config: Record<string, unknown>, env: NodeJS.ProcessEnv = {}): Promise<string> {
    provider = await ProviderProcess.start({ env });
    await provider.configure(config);
    const error = await callError(provider.create({ ...definition() }));
    expect(error.initFailure, "nothing exists").to.equal(undefined);
    return error.message;
  }

  it("fails with the server's name and the attempted operation when nobody answers", async () => {
    const message = await errorOfCreate({ "vnic:kubeconfig": kubeconfig({ server: closed }) });
    expect(message).to.match(/^(reading|listing) .*: no answer from the API server at http:.*ECONNREFUSED/);
    expect(message).to.include(closed);
  });

  it("is taken from the environment when the stack's configuration has none", async () => {
    const message = await errorOfCreate({}, { KUBECONFIG: "" });
    expect(message).to.match(/no answer from the API server at|no cluster is configured/);
  });

  it("fails with a clear error when the kubeconfig doesn't exist", async () => {
    expect(await errorOfCreate({ "vnic:kubeconfig": "/no/such/kubeconfig" })).to.equal(
      `kubeconfig "/no/such/kubeconfig" is neither a file nor the text of one; correct vnic:kubeconfig`,
    );
  });

  it("fails with a clear error when the context doesn't exist", async () => {
    const text = kubeconfig({ server: closed, contexts: ["staging", "production"] });
    expect(await errorOfCreate({ "vnic:kubeconfig": text, "vnic:context": "prod" })).to.equal(
      `context "prod" is not in the kubeconfig; it has staging, production`,
    );
  });

  it("shows no credentials in its errors", async () => {
    const text = kubeconfig({ server: closed });
    expect(text).to.include("not-a-secret");
    const message = await errorOfCreate({ "vnic:kubeconfig": text });
    expect(message + provider.stderr.join("")).to.not.include("not-a-secret");
  });

  // A refresh or destroy starts with many concurrent calls, before any call has configured the provider.
  it("is taken from the stack for each of many simultaneous first calls", async () => {
    provider = await ProviderProcess.start({ env: { VNIC_IMAGE: "unused" } });
    await provider.configure({ "vnic:kubeconfig": kubeconfig({ server: closed }) });
    const state = { ...definition(), uid: "u", node: "n", podUid: "p", schemaVersion: 1, providerVersion: "0.1.0" };
    const errors = await Promise.all(Array.from({ length: 8 }, () => callError(provider.read("shop/db-wire", state))));
    for (const { message } of errors) expect(message).to.include(`no answer from the API server at ${closed}:`);
  });
});

describe("Pulumi's provider process without its engine", () => {
  it("ends, even when a killed engine could not notify it", async () => {
    const provider = await ProviderProcess.start();
    await provider.configure();
    await provider.check(inputs());
    provider.engine.stop();
    await provider.ended();
  });
});

describe("Pulumi's provider process on an outdated Node.js", () => {
  let provider: ProviderProcess | undefined;
  afterEach(() => provider?.stop());

  it("names the required Node.js version at check, so that a preview shows it, and at refresh", async function () {
    const old = findOldNode();
    if (!old) return skip(this, `no Node.js older than ${minNodeVersion.join(".")} on PATH`);
    provider = await ProviderProcess.start({ node: old.path });
    await provider.configure();
    const words = `Node.js ${old.version} is too old for the Kubernetes client: put Node.js 22.19 or newer first on PATH`;
    expect((await callError(provider.check(inputs()))).message).to.equal(words);
    const state = { ...definition(), uid: "u", node: "n", podUid: "p", schemaVersion: 1, providerVersion: "0.1.0" };
    expect((await callError(provider.read("shop/db-wire", state))).message).to.equal(words);
  });
});

/** A Node.js on PATH that supports Pulumi's SDK, but not the Kubernetes client. */
function findOldNode(): { path: string; version: string } | undefined {
  const paths = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "node"));
  for (const path of paths.filter((path) => existsSync(path))) {
    const version = execFileSync(path, ["--version"], { encoding: "utf8" }).trim().slice(1);
    try {
      refuseOldNode(version);
    } catch {
      if (Number(version.split(".")[0]) >= 20) return { path, version };
    }
  }
  return undefined;
}
