import { expect } from "chai";
import { ensureNetwork, removeNetwork } from "../../provider/lifecycle/network/network-record.ts";
import { observe } from "../../provider/lifecycle/observe.ts";
import { networkStatusAnnotation } from "../../provider/model/kubernetes/network-status.ts";
import { parseNetwork } from "../../provider/model/network/definition.ts";
import { networkStatusPart } from "../../provider/model/platform/network-status.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";
import { define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";

describe("the annotation network-status", () => {
  const namespace = "network-status";
  const bench = useBench({ namespace });
  const objects = networkStatusPart({ networkStatus: true });
  /** An entry as Multus writes it. */
  const pods = { name: "cbr0", interface: "eth0", ips: ["10.1.0.7"], default: true, dns: {} };

  before(async () => {
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    bench.afterClose(() => kubectl(bench.lab.kubectl, ["delete", "--ignore-not-found", "-f", "-"], list));
    await bench.runPod("db", "node1");
  });

  const read = async () => {
    const { metadata } = JSON.parse(await bench.kubectl("get", "pod", "db", "-o", "json")) as {
      metadata: { annotations?: Record<string, string> };
    };
    return JSON.parse(metadata.annotations?.[networkStatusAnnotation] ?? "[]") as unknown[];
  };
  const annotate = (list: readonly object[]) =>
    bench.kubectl("annotate", "--overwrite", "pod", "db", `${networkStatusAnnotation}=${JSON.stringify(list)}`);
  const lan = (networkStatus: boolean) => {
    const parsed = parseNetwork({
      name: "status-lan",
      parent: "eth1",
      declaredBy: "urn:test::status-lan",
      networkStatus,
    });
    if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
    return parsed.definition;
  };
  const wire = (host: number) =>
    define({
      name: "wire",
      pod: { namespace, name: "db" },
      network: "status-lan",
      addresses: [`192.168.50.${host}/24`],
      interfaceName: "lan0",
    });

  it("lists a Vnic while it is in the pod, as it is, beside the entries of others", async () => {
    const { driver } = bench;
    const { metadata } = await ensureNetwork(driver.cluster, lan(true));
    const refusal = await bench.inject(wire(57)).then(String, String);
    expect(refusal).to.match(
      /networkStatus: install it with networkStatus \(npx pulumi-vnic manifests --network-status\)/,
    );
    expect((await bench.linksIn("db")).map(({ ifname }) => ifname)).to.not.include("lan0");

    await applyObjects(bench.lab.kubectl, objects);
    await annotate([pods]);
    const state = await bench.inject(wire(57));
    const [link] = (await bench.linksIn("db")).filter(({ ifname }) => ifname === "lan0");
    const entry = { name: `${namespace}/status-lan`, interface: "lan0", mac: link?.address, mtu: 1500, dns: {} };
    expect(await read()).to.deep.equal([pods, { ...entry, ips: ["192.168.50.57"] }]);
    expect(await observe(driver, vnicRef(state), state)).to.deep.equal(state);

    const changed = await bench.inject(wire(58), { known: state });
    expect(await read()).to.deep.equal([pods, { ...entry, ips: ["192.168.50.58"] }]);

    // Simulates that Multus has written the annotation for a new sandbox.
    await annotate([pods]);
    expect((await observe(driver, vnicRef(changed), changed))?.drift).to.deep.equal([
      `annotation ${networkStatusAnnotation} of the pod doesn't list the NIC as it is`,
    ]);
    const repaired = await bench.inject(wire(58), { known: changed });
    expect(await read()).to.deep.equal([pods, { ...entry, ips: ["192.168.50.58"] }]);

    await bench.eject(repaired);
    expect(await read()).to.deep.equal([pods]);
    await removeNetwork(driver.cluster, { name: "status-lan", uid: metadata.uid });
  });
});
