import { readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { providerServiceAccount, systemNamespace } from "../../provider/model/names.ts";
import { up } from "../lab/index.ts";
import { until } from "../lab/run.ts";
import { installPlatform, kubectl, providerKubeconfig, writeCredential } from "../support/cluster.ts";
import { holdPod } from "../support/held-pod.ts";
import { define } from "../support/lifecycle.ts";
import { answersPing } from "../support/outside.ts";
import { useBench } from "../support/use-bench.ts";

interface Kubeconfig {
  readonly users: readonly { readonly user: { token: string } }[];
}

describe("credentials that expire during a long run", () => {
  let path: string;
  const namespace = "credentials";
  const ticket = "vnic-test-ticket";
  const bench = useBench({ namespace, kubeconfig: revocable });

  /** The provider's kubeconfig with another token. */
  async function withToken(token: string): Promise<string> {
    const config = JSON.parse(await readFile(path, "utf8")) as Kubeconfig;
    return JSON.stringify({ ...config, users: config.users.map((one) => ({ ...one, user: { token } })) });
  }

  /** The provider's kubeconfig, with a token that becomes invalid when the Secret is deleted. */
  async function revocable(): Promise<string> {
    const lab = await up();
    await installPlatform(lab.kubectl);
    await kubectl(lab.kubectl, ["create", "secret", "generic", ticket, "-n", systemNamespace]);
    path = await providerKubeconfig(lab.kubectl);
    const words = ["create", "token", providerServiceAccount, "-n", systemNamespace];
    const bound = ["--bound-object-kind=Secret", `--bound-object-name=${ticket}`];
    path = await writeCredential(await withToken((await kubectl(lab.kubectl, [...words, ...bound])).trim()));
    return path;
  }

  it("are read again from the kubeconfig, and the work continues", async () => {
    const [former = ""] = [await readFile(path, "utf8")];
    const release = await holdPod(bench, "late", "node3");
    const injecting = bench.inject(
      define({ name: "wire", pod: { namespace, name: "late" }, addresses: ["192.168.50.56/24"] }),
    );
    injecting.catch(() => undefined);
    await until("the injection to wait", 180, () => bench.shown.some((text) => text.includes("waiting")) || undefined);

    const token = await kubectl(bench.lab.kubectl, ["create", "token", providerServiceAccount, "-n", systemNamespace]);
    await writeFile(path, await withToken(token.trim()));
    await kubectl(bench.lab.kubectl, ["delete", "secret", ticket, "-n", systemNamespace]);
    const old = await writeCredential(former);
    await until("the former token to be refused", 180, async () => {
      const { stderr } = await bench.lab.kubectl(["--kubeconfig", old, "get", "pod", "late", "-n", namespace]);
      return /Unauthorized|must be logged in/.test(stderr) || undefined;
    });
    await release();
    const state = await injecting;
    expect(await answersPing(bench.lab, "lan1", "192.168.50.56")).to.equal(true);
    await bench.eject(state);
  });
});
