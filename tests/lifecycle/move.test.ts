import { expect } from "chai";
import { netnsName, lan, type Node } from "../lab/layout.ts";
import { must } from "../lab/run.ts";
import { define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing, learnedMac } from "../support/outside.ts";

describe("a Vnic that moves to another node", () => {
  const namespace = "move";
  const bench = useBench({ namespace });
  const addresses = ["192.168.50.64/24", "fd50::64/64"];
  const hosts = addresses.map((address) => address.split("/")[0] ?? "");

  /** The port behind which the LAN's switch has a MAC. */
  const portOf = async (mac: string): Promise<string | undefined> => {
    const rows = JSON.parse(await must(["bridge", "-n", netnsName("lan"), "-j", "fdb", "show", "br", lan.bridge])) as {
      mac: string;
      ifname: string;
    }[];
    return rows.find((row) => row.mac === mac)?.ifname;
  };
  const entries = async () => Promise.all(hosts.map((host) => learnedMac(bench.lab, "lan1", host)));

  it("is reached at once by a host that knew its previous node, without a new ARP or NDP request", async () => {
    const definition = define({ name: "wire", pod: { namespace, name: "db" }, addresses });
    const runOn = (node: Node) => bench.runPod("db", node);
    await runOn("node1");
    const before = await bench.inject(definition);
    for (const host of hosts) expect(await answersPing(bench.lab, "lan1", host)).to.equal(true);
    expect(await portOf(before.mac)).to.equal("node1");
    const known = await entries();
    expect(known).to.deep.equal(hosts.map(() => before.mac));
    // The hosts' neighbour entries keep their MAC, whether it is right or wrong.
    for (const host of hosts)
      await bench.lab.exec("lan1", [
        "ip",
        "neigh",
        "replace",
        host,
        "lladdr",
        before.mac,
        "dev",
        "eth0",
        "nud",
        "permanent",
      ]);

    await bench.kubectl("delete", "pod", "db", "--wait=true");
    await runOn("node2");
    const after = await bench.inject(definition, { known: before });
    expect(after.node).to.equal("node2");
    expect(await portOf(before.mac), "as the NIC has announced itself").to.equal("node2");
    for (const host of hosts) expect(await answersPing(bench.lab, "lan1", host)).to.equal(true);
    for (const host of hosts) await bench.lab.exec("lan1", ["ip", "neigh", "del", host, "dev", "eth0"]);
    await bench.eject(after);
  });
});
