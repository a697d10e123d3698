import * as client from "@kubernetes/client-node";
import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadKubeConfig } from "../../../provider/cluster/kubeconfig.ts";
import { kubeconfig } from "../../fakes/kubeconfig.ts";

const text = kubeconfig({ server: "https://10.0.0.1:6443", contexts: ["one", "two"] });

describe("a kubeconfig", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "vnic-test-"))));
  after(() => rmSync(folder, { recursive: true }));

  it("is read when it is given as text", () =>
    expect(loadKubeConfig(client, { kubeconfig: text }).getCurrentContext()).to.equal("one"));

  it("is read when it is given as a path", () => {
    const path = join(folder, "kubeconfig");
    writeFileSync(path, text);
    expect(loadKubeConfig(client, { kubeconfig: path }).getCurrentCluster()?.server).to.equal("https://10.0.0.1:6443");
  });

  it("is used with the context that is asked for", () =>
    expect(loadKubeConfig(client, { kubeconfig: text, context: "two" }).getCurrentContext()).to.equal("two"));

  it("is refused, with the contexts that it has, when the one asked for isn't among them", () =>
    expect(() => loadKubeConfig(client, { kubeconfig: text, context: "three" })).to.throw(
      `context "three" is not in the kubeconfig; it has one, two`,
    ));

  it("is refused when there is no such file", () =>
    expect(() => loadKubeConfig(client, { kubeconfig: join(folder, "none") })).to.throw(
      /kubeconfig ".*none" is neither a file nor the text of one; correct vnic:kubeconfig/,
    ));

  it("is refused when it names no cluster", () =>
    expect(() => loadKubeConfig(client, { kubeconfig: "apiVersion: v1\nkind: Config\n" })).to.throw(
      "no cluster is configured; set the environment's KUBECONFIG or the stack's vnic:kubeconfig",
    ));
});
