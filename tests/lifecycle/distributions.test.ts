import { expect } from "chai";
import { parseLayout } from "../../provider/model/kubernetes/runtime-layout.ts";
import { nodes } from "../lab/layout.ts";
import { kindOf } from "../lab/node-kinds.ts";
import { kubectl } from "../support/cluster.ts";
import { define, linkNamed } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing } from "../support/outside.ts";

const namespace = "distributions";

describe("a pod gets a NIC", () => {
  const bench = useBench({ namespace });

  for (const [index, node] of nodes.entries()) {
    const kind = kindOf(node);
    it(`on ${node}, with the layout of ${kind.name}`, async () => {
      const address = `192.168.50.${90 + index}`;
      await bench.runPod(`on-${node}`, node);
      const version = ["get", "node", node, "-o", "jsonpath={.status.nodeInfo.kubeletVersion}"];
      expect(await kubectl(bench.lab.kubectl, version))
        .to.match(/^v[\d.]+(\+k3s1)?$/)
        .and.to.satisfy((text: string) => text.endsWith(kind.versionSuffix), kind.versionSuffix);
      const elsewhere = nodes.map((one) => parseLayout(kindOf(one).layout).bundles);
      for (const bundles of new Set(elsewhere)) {
        const { code } = await bench.lab.exec(node, ["test", "-d", bundles]);
        expect(code === 0, `${bundles} on ${node}`).to.equal(bundles === parseLayout(kind.layout).bundles);
      }
      const pod = { namespace, name: `on-${node}` };
      const state = await bench.inject(
        define({ name: node, pod, addresses: [`${address}/24`], interfaceName: "lan0" }),
      );
      expect(linkNamed(await bench.linksIn(`on-${node}`), "lan0")?.flags).to.include("UP");
      expect(await answersPing(bench.lab, "lan1", address)).to.equal(true);
      await bench.eject(state);
      expect(linkNamed(await bench.linksIn(`on-${node}`), "lan0")).to.equal(undefined);
      expect(await answersPing(bench.lab, "lan1", address)).to.equal(false);
    });
  }
});
