import { expect } from "chai";
import { observe } from "../../provider/lifecycle/observe.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import { enter } from "../lab/enter.ts";
import { leased, netnsName } from "../lab/layout.ts";
import { must, run, until } from "../lab/run.ts";
import { installAgent, removeAgent, startScripted } from "../support/dhcp.ts";
import { define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import type { Reply } from "../support/scripted-dhcp.ts";

/** The leased network's host is a router to a distant host, which has no path to the cluster. */
describe("routes from a DHCP server", () => {
  const namespace = "dhcp-routes";
  const bench = useBench({ namespace });
  const far = "172.16.9.9";
  const router = "c0a83c01";
  /** 172.16.0.0/12 and all destinations, each via that router. */
  const [private12, all] = [`0cac10${router}`, `00${router}`];
  const wire = (given: Record<string, unknown>) =>
    define({ name: "wire", pod: { namespace, name: "db" }, network: { parent: leased.parent }, ...given });
  let stop: () => Promise<void> = async () => undefined;
  const serve = async (...replies: Reply[]) => {
    stop = await startScripted({ server: leased.host, replies, naks: replies.length - 1 });
  };

  const onHost = (...words: string[]) => must(["ip", "-n", netnsName("leased"), ...words]);
  before(async () => {
    bench.afterClose(() => removeAgent(bench.lab));
    await installAgent(bench.lab);
    await bench.runPod("db", "node1");
    // Until the kernel has probed for the pod's own IPv6 address, the routes of that address are missing.
    await until("the pod's own addresses", 180, async () => {
      const own = (await bench.linksIn("db")).flatMap(({ addr_info }) => addr_info);
      return own.every((one) => !("tentative" in one)) || undefined;
    });
    await onHost("address", "add", `${far}/32`, "dev", "lo");
    bench.beforeClose(() => onHost("address", "del", `${far}/32`, "dev", "lo"));
  });
  afterEach(() => stop());

  /** The device through which the pod's own traffic to an address leaves. */
  const wayTo = async (address: string) =>
    / dev (\S+)/.exec(await bench.kubectl("exec", "db", "--", "ip", "route", "get", address))?.[1];
  const routesOfPod = () => bench.kubectl("exec", "db", "--", "ip", "route", "show", "table", "all");
  const reachesFar = async (to = "") =>
    (await run(enter("leased", ["ping", "-n", "-c", "1", "-w", "3", "-I", far, to.split("/")[0] ?? ""]))).code === 0;

  it("are taken when they are requested, except for a default route, and removed when no longer requested", async () => {
    const before = await routesOfPod();
    await serve({ ip: "192.168.60.50", options: { 121: `${private12}${all}`, 3: router } });
    const state = await bench.inject(wire({ dhcp: { routes: true } }));
    expect(state.lease?.routes).to.deep.equal([{ to: "172.16.0.0/12", via: leased.host }]);
    expect(await wayTo(far)).to.equal(state.interfaceName);
    expect(await wayTo("8.8.8.8")).to.equal("eth0");
    expect(await reachesFar(state.addresses[0])).to.equal(true);
    expect(await observe(bench.driver, vnicRef(state), state)).to.deep.equal(state);
    expect(await bench.inject(wire({ dhcp: { routes: true } }), { known: state })).to.deep.equal(state);

    const without = await bench.inject(wire({}), { known: state });
    expect(without.lease).to.not.have.property("routes");
    expect(await wayTo(far)).to.equal("eth0");
    await bench.eject(without);
    expect(await routesOfPod()).to.equal(before);
  });
});
