import { expect } from "chai";
import { refuseClusterLink } from "../../../provider/node/cluster-links.ts";
import { liveInterface } from "../../fakes/objects.ts";

describe("links of the cluster's own network", () => {
  for (const name of [
    "cni0",
    "docker0",
    "flannel.1",
    "cilium_host",
    "vxlan.calico",
    "tunl0",
    "antrea-gw0",
    "kube-bridge",
  ])
    it(`include links of CNI plugins, like ${name}`, async () => {
      const link = { ...liveInterface({ name }), kind: "bridge" };
      const words = await refuseClusterLink(link, [link]).then(
        () => "nothing",
        (error: Error) => error.message,
      );
      expect(words).to.match(
        new RegExp(`network\\.parent: ${name} is a link of the cluster's own network; name a NIC`),
      );
    });
  for (const name of ["eth1", "ens192", "bond0", "br0", "vethlan", "lan0"])
    it(`don't include ${name}`, async () => {
      await refuseClusterLink(liveInterface({ name }), []);
    });
});
