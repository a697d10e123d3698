import { expect } from "chai";
import { observe } from "../../provider/lifecycle/observe.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import { netnsName, netnsPath } from "../lab/layout.ts";
import { must, run } from "../lab/run.ts";
import { define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { askRedis } from "../support/outside.ts";

/** The LAN's namespace is a router to a distant network, which has no path to the cluster. */
describe("routes", () => {
  const namespace = "routes";
  const bench = useBench({ namespace });
  const far = { host: "10.77.0.9", host6: "fd77::9" };
  const gateways = ["192.168.50.1", "fd50::1"];
  const wire = (given: Record<string, unknown>) =>
    define({
      name: "wire",
      pod: { namespace, name: "db" },
      addresses: ["192.168.50.80/24", "fd50::80/64"],
      interfaceName: "lan0",
      ...given,
    });

  const inLan = (...words: string[]) => must(["ip", "-n", netnsName("lan"), ...words]);
  before(async () => {
    await bench.runPod("db", "node1");
    await inLan("address", "add", `${far.host}/32`, "dev", "lo");
    bench.beforeClose(() => inLan("address", "del", `${far.host}/32`, "dev", "lo"));
    await inLan("-6", "address", "add", `${far.host6}/128`, "dev", "lo");
    bench.beforeClose(() => inLan("-6", "address", "del", `${far.host6}/128`, "dev", "lo"));
  });

  /** The device through which the pod's own traffic to an address leaves. */
  const wayTo = async (...words: string[]) => {
    const text = await bench.kubectl("exec", "db", "--", "ip", "route", "get", ...words);
    return / dev (\S+)/.exec(text)?.[1];
  };
  const remains = async () => {
    const words = [["rule"], ["-6", "rule"], ["route", "show", "table", "all", "proto", "118"]];
    return (await Promise.all(words.map((one) => bench.kubectl("exec", "db", "--", "ip", ...one)))).join("");
  };
  /** Whether the router, from its address `from` in the distant network, gets an answer from `to`. */
  const answersFar = async (from: string, to: string) => {
    const ping = ["ping", "-n", "-c", "1", "-w", "3", "-I", from, to];
    return (await run(["nsenter", `--net=${netnsPath("lan")}`, ...ping])).code === 0;
  };

  it("with gateways send replies over the Vnic, and leave the cluster's traffic as before", async () => {
    const before = await remains();
    const ways = async () => Promise.all(["10.96.0.1", "10.96.0.10", "10.214.99.1", "8.8.8.8"].map((to) => wayTo(to)));
    const clusterWays = await ways();
    expect(new Set(clusterWays)).to.deep.equal(new Set(["eth0"]));

    const state = await bench.inject(wire({ gateways }));
    expect(await ways()).to.deep.equal(clusterWays);
    expect(await wayTo(far.host, "from", "192.168.50.80")).to.equal("lan0");
    expect(await wayTo("192.168.50.201", "from", "192.168.50.80")).to.equal("lan0");
    expect(await answersFar(far.host, "192.168.50.80")).to.equal(true);
    expect(await answersFar(far.host6, "fd50::80")).to.equal(true);
    expect((await askRedis(bench.lab, "lan1", "192.168.50.80"))[0]).to.equal("+PONG");
    expect(await observe(bench.driver, vnicRef(state), state)).to.deep.equal(state);

    // Without the Vnic's routes for replies, a reply takes the pod's own default route and is lost.
    const without = await bench.inject(wire({ gateways, replyVia: "pod" }), { known: state });
    expect(await wayTo(far.host, "from", "192.168.50.80")).to.equal("eth0");
    expect(await answersFar(far.host, "192.168.50.80")).to.equal(false);
    await bench.eject(without);
    expect(await remains(), "rules and routes of the pod").to.equal(before);
  });

  it("are added, changed in place, repaired, and removed with the Vnic", async () => {
    const before = await remains();
    const first = await bench.inject(wire({ routes: [{ to: "10.77.0.0/16", via: "192.168.50.1", metric: 50 }] }));
    expect(await wayTo(far.host)).to.equal("lan0");
    const routes = [
      { to: "10.78.0.0/16", via: "192.168.50.1" },
      { to: "fd77::/64", via: "fd50::1" },
      { to: "10.79.0.0/16", via: "192.168.50.1", table: 79 },
    ];
    const second = await bench.inject(wire({ routes }), { known: first });
    expect([await wayTo(far.host), await wayTo("10.78.0.1"), await wayTo(far.host6)]).to.deep.equal([
      "eth0",
      "lan0",
      "lan0",
    ]);

    const find = `for n in /run/netns/*; do nsenter --net=$n ip link show lan0 >/dev/null 2>&1 && nsenter --net=$n ip route del 10.78.0.0/16; done`;
    await bench.lab.exec("node1", ["sh", "-c", find]);
    const seen = await observe(bench.driver, vnicRef(second), second);
    expect(seen?.drift).to.deep.equal([
      `the route "10.78.0.0/16 via 192.168.50.1 dev lan0 table 254 proto 118" is missing`,
    ]);
    const third = await bench.inject(wire({ routes }), { known: second });
    expect(await wayTo("10.78.0.1")).to.equal("lan0");
    expect(await observe(bench.driver, vnicRef(third), third)).to.deep.equal(third);
    const none = await bench.inject(wire({}), { known: third });
    expect(await remains()).to.equal(before);
    await bench.eject(none);
  });

  it("take the default route only when requested, and leave the cluster's networks to the cluster", async () => {
    const before = await remains();
    const except = ["10.96.0.0/16", "10.213.0.0/16", "10.214.0.0/16"];
    const state = await bench.inject(wire({ gateways: ["192.168.50.1"], defaultRoute: { except } }));
    expect(await wayTo("8.8.8.8")).to.equal("lan0");
    for (const inCluster of ["10.96.0.1", "10.96.0.10", "10.213.1.1", "10.214.99.1"])
      expect(await wayTo(inCluster), inCluster).to.equal("eth0");
    await bench.eject(state);
    expect(await remains()).to.equal(before);
    expect(await wayTo("8.8.8.8")).to.equal("eth0");
  });
});
