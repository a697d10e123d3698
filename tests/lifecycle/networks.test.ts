import { expect } from "chai";
import { ensureNetwork, removeNetwork } from "../../provider/lifecycle/network/network-record.ts";
import { observe } from "../../provider/lifecycle/observe.ts";
import { messageOf } from "../../provider/base/errors.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import { type NetworkDefinition, parseNetwork } from "../../provider/model/network/definition.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import { applyObjects, awaitKinds, kubectl } from "../support/cluster.ts";
import { addLanNic } from "../support/lan-nic.ts";
import { define, linkNamed } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing } from "../support/outside.ts";

describe("networks", () => {
  const namespace = "networks";
  const bench = useBench({ namespace });
  const wire = (host: number, given: Record<string, unknown> = {}) =>
    define({
      name: `wire-${host}`,
      pod: { namespace, name: "db" },
      network: "lan",
      addresses: [`192.168.50.${host}/24`],
      interfaceName: `lan${host}`,
      ...given,
    });
  const lan = (given: Record<string, unknown> = {}): NetworkDefinition => {
    const parsed = parseNetwork({ name: "lan", parent: "eth1", declaredBy: "urn:test::lan", ...given });
    if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
    return parsed.definition;
  };
  const refusalOf = (promise: Promise<unknown>) => promise.then(() => "nothing was refused", messageOf);

  before(async () => {
    await Promise.all([bench.runPod("db", "node1"), bench.runPod("web", "node2")]);
    bench.afterClose(await addLanNic("node2", "eth7"));
    await kubectl(bench.lab.kubectl, ["label", "node", "node2", "example.org/rack=b"]);
    bench.beforeClose(() => kubectl(bench.lab.kubectl, ["label", "node", "node2", "example.org/rack-"]));
  });

  /** The placement that the node made the Vnic's link by. */
  const placementOn = async (node: "node1" | "node2", { uid }: { uid: string }) => {
    const { stdout } = await bench.lab.exec(node, ["cat", `${stateDirectory}/vnics/${uid}.json`]);
    return (JSON.parse(stdout) as { definition: { placement?: string } }).definition.placement;
  };

  it("serve Vnics by name, with the parent of each node, their MTU, their gateways and their placement", async () => {
    const parents = [{ nodes: { "example.org/rack": "b" }, parent: "eth7" }];
    const { metadata } = await ensureNetwork(
      bench.driver.cluster,
      lan({ parents, mtu: 1400, gateways: ["192.168.50.1", "fd50::1"], placement: "direct" }),
    );
    const one = await bench.inject(wire(85));
    const two = await bench.inject(wire(86, { pod: { namespace, name: "web" }, mtu: 1300, placement: "moved" }));
    const common = { mode: "macvlan", mtu: 1400, gateways: ["192.168.50.1"], placement: "direct" };
    expect(one.networkOnNode).to.deep.equal({ ...common, parent: "eth1" });
    expect(two.networkOnNode).to.deep.equal({ ...common, parent: "eth7" });
    expect([await placementOn("node1", one), await placementOn("node2", two)]).to.deep.equal(["direct", "moved"]);
    expect([one.interface?.mtu, two.interface?.mtu]).to.deep.equal([1400, 1300]);
    for (const host of [85, 86]) expect(await answersPing(bench.lab, "lan1", `192.168.50.${host}`)).to.equal(true);
    const rules = await bench.kubectl("exec", "db", "--", "ip", "rule");
    expect(rules).to.match(/from 192\.168\.50\.85 lookup/);
    expect(await observe(bench.driver, vnicRef(one), one)).to.deep.equal(one);

    // A network in use is kept: Pulumi refuses to delete it, and the finalizer stops kubectl.
    const known = { name: "lan", uid: metadata.uid };
    expect(await refusalOf(removeNetwork(bench.driver.cluster, known))).to.match(
      /VnicNetwork lan is in use by Vnic networks\/wire-8[56], networks\/wire-8[56]; delete them first/,
    );
    await kubectl(bench.lab.kubectl, ["delete", "vnicnetwork", "lan", "--wait=false"]);
    expect(await refusalOf(bench.inject(wire(87)))).to.equal("network.name: VnicNetwork lan is being deleted");
    await bench.eject(one);
    expect(await kubectl(bench.lab.kubectl, ["get", "vnet", "-o", "name"])).to.match(/vnicnetwork.*\/lan/);
    await bench.eject(two);
    expect(await kubectl(bench.lab.kubectl, ["get", "vnet", "-o", "name"])).to.equal("");
  });

  it("show their changes in a refresh of their Vnics, and an injection applies them", async () => {
    const first = await ensureNetwork(bench.driver.cluster, lan());
    const state = await bench.inject(wire(85));
    await ensureNetwork(bench.driver.cluster, lan({ mode: "macvlan-private", mtu: 1300, placement: "direct" }));
    const seen = await observe(bench.driver, vnicRef(state), state);
    expect(seen?.drift).to.deep.equal([
      `the network's mode is "macvlan-private" by now, and was "macvlan"`,
      "the network's mtu is 1300 by now, and was not given",
    ]);
    const mended = await bench.inject(wire(85), { known: state });
    expect(mended.networkOnNode).to.deep.equal({
      ...{ mode: "macvlan-private", parent: "eth1", mtu: 1300, placement: "direct" },
    });
    expect(linkNamed(await bench.linksIn("db"), "lan85")?.mtu).to.equal(1300);
    expect(await answersPing(bench.lab, "lan1", "192.168.50.85")).to.equal(true);
    await bench.eject(mended);
    // After the last Vnic is gone, kubectl can delete the network as well.
    await kubectl(bench.lab.kubectl, ["delete", "vnicnetwork", "lan", "--timeout=300s"]);
    await removeNetwork(bench.driver.cluster, { name: "lan", uid: first.metadata.uid });
    expect(await kubectl(bench.lab.kubectl, ["get", "vnet", "-o", "name"])).to.equal("");
  });

  it("are refused before anything is created: a missing one, one for other namespaces, one without a parent on the node", async () => {
    expect(await refusalOf(bench.inject(wire(85)))).to.match(
      /^network\.name: there is no VnicNetwork "lan"; create it/,
    );
    const parents = [{ nodes: { "example.org/rack": "b" }, parent: "eth7" }];
    const { metadata } = await ensureNetwork(
      bench.driver.cluster,
      lan({ parent: undefined, parents, namespaces: ["shop"] }),
    );
    expect(await refusalOf(bench.inject(wire(85)))).to.equal(
      "network.name: VnicNetwork lan is not for namespace networks; an administrator can add it to namespaces there",
    );
    await ensureNetwork(bench.driver.cluster, lan({ parent: undefined, parents }));
    expect(await refusalOf(bench.inject(wire(85)))).to.match(
      /^network\.name: VnicNetwork lan has no parent for node node1/,
    );
    expect(await refusalOf(ensureNetwork(bench.driver.cluster, lan({ declaredBy: "urn:test::other" })))).to.match(
      /^name: VnicNetwork lan exists already and is declared by urn:test::lan/,
    );
    expect(await bench.kubectl("get", "vnics", "-o", "name")).to.equal("");
    await removeNetwork(bench.driver.cluster, { name: "lan", uid: metadata.uid });
  });

  it("may be NetworkAttachmentDefinitions", async () => {
    const network = { networkAttachmentDefinition: "lan" };
    expect(await refusalOf(bench.inject(wire(85, { network })))).to.match(
      /^network\.networkAttachmentDefinition: there is no NetworkAttachmentDefinition networks\/lan/,
    );
    await applyObjects(bench.lab.kubectl, [attachmentDefinitionCrd]);
    await awaitKinds(bench.lab.kubectl, attachmentDefinitionCrd.metadata.name);
    const define = (config: object) =>
      applyObjects(bench.lab.kubectl, [
        {
          apiVersion: "k8s.cni.cncf.io/v1",
          kind: "NetworkAttachmentDefinition",
          metadata: { namespace, name: "lan" },
          spec: { config: JSON.stringify(config) },
        },
      ]);
    await define({ cniVersion: "0.3.1", type: "macvlan", master: "eth1", mtu: 1400, ipam: { type: "static" } });
    const state = await bench.inject(wire(85, { network }));
    expect(await answersPing(bench.lab, "lan1", "192.168.50.85")).to.equal(true);
    expect(state.interface?.mtu).to.equal(1400);
    await bench.eject(state);
    await define({ type: "bridge", bridge: "br0", vlan: 7 });
    expect(await refusalOf(bench.inject(wire(85, { network })))).to.match(/spec\.config\.vlan: is not understood/);
    await kubectl(bench.lab.kubectl, ["delete", "crd", attachmentDefinitionCrd.metadata.name]);
  });
});

/** The CRD of the Network Plumbing Working Group's standard, without its documentation. */
const attachmentDefinitionCrd = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "network-attachment-definitions.k8s.cni.cncf.io" },
  spec: {
    group: "k8s.cni.cncf.io",
    scope: "Namespaced",
    names: {
      plural: "network-attachment-definitions",
      singular: "network-attachment-definition",
      kind: "NetworkAttachmentDefinition",
    },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", properties: { config: { type: "string" } } } },
          },
        },
      },
    ],
  },
};
