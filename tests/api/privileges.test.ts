import { expect } from "chai";
import { injectorServiceAccount, providerServiceAccount, systemNamespace } from "../../provider/model/names.ts";
import { platformManifests } from "../../provider/model/platform/platform.ts";
import { defaultImage } from "../../provider/base/package.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";

describe("privileges of the provider's service account", () => {
  let api: ApiServer;
  before(async () => {
    api = await apiServer();
    await api.makeNamespace("privileges");
  });

  const can = async (...question: string[]): Promise<boolean> => {
    const who = `--as=system:serviceaccount:${systemNamespace}:${providerServiceAccount}`;
    const { stdout } = await api.kubectl(["auth", "can-i", ...question, who]);
    return stdout.trim() === "yes";
  };

  it("are exactly those of the manifests", async () => {
    for (const question of [
      ["get", "pods", "-n", "privileges"],
      ["get", "nodes"],
      ["get", "namespaces"],
      ["patch", "vnics.pulumi-vnic.dev", "-n", "privileges"],
      ["patch", "vnics.pulumi-vnic.dev", "--subresource=status", "-n", "privileges"],
      ["create", "jobs.batch", "-n", systemNamespace],
      ["create", "pods", "--subresource=attach", "-n", systemNamespace],
    ])
      expect(await can(...question), question.join(" ")).to.equal(true);
  });

  it("don't include anything that it doesn't need", async () => {
    for (const question of [
      ["get", "secrets", "-n", systemNamespace],
      ["get", "secrets", "-n", "privileges"],
      ["create", "jobs.batch", "-n", "privileges"],
      ["create", "pods", "-n", systemNamespace],
      ["create", "pods", "--subresource=exec", "-n", systemNamespace],
      ["create", "pods", "--subresource=attach", "-n", "privileges"],
      ["delete", "pods", "-n", "privileges"],
      ["patch", "pods", "-n", "privileges"],
      ["list", "pods", "-n", "privileges"],
      ["get", "nodes", "--subresource=proxy"],
      ["patch", "nodes"],
      ["create", "serviceaccounts", "--subresource=token", "-n", systemNamespace],
      ["escalate", "clusterroles"],
      ["bind", "clusterroles"],
    ])
      expect(await can(...question), question.join(" ")).to.equal(false);
  });

  it("are bound to no other account, and the injector's account has none", () => {
    const bindings = platformManifests({ image: defaultImage }) as { subjects?: { name: string }[] }[];
    expect(bindings.flatMap(({ subjects }) => subjects?.map(({ name }) => name))).not.to.include(
      injectorServiceAccount,
    );
  });
});
