import { expect } from "chai";
import { observe } from "../../provider/lifecycle/observe.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import type { VnicState } from "../../provider/model/vnic/state.ts";
import { enter } from "../lab/enter.ts";
import { run, until } from "../lab/run.ts";
import { assertNoLeaks } from "../support/leaks.ts";
import { define, linkNamed } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { type Router, startRouter } from "../support/router.ts";

describe("SLAAC", () => {
  let router: Router;
  let state: VnicState;
  const namespace = "slaac";
  const bench = useBench({ namespace });
  const mac = "02:00:5e:10:00:42";
  /** Interface identifier of a MAC (modified EUI-64, RFC 4291). */
  const announced = "fd60::5eff:fe10:42/64";
  const wire = (given: Record<string, unknown> = {}, pod = "db") =>
    define({
      name: "wire",
      pod: { namespace, name: pod },
      network: { parent: "eth2" },
      interfaceName: "lan0",
      mac,
      slaac: true,
      ...given,
    });

  before(() => Promise.all([bench.runPod("db", "node1"), bench.runPod("other", "node2")]));

  const globalAddresses = async (pod = "db") =>
    linkNamed(await bench.linksIn(pod), "lan0")
      ?.addr_info.filter(({ scope }) => scope === "global")
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  const answers = async (address: string) =>
    (await run(enter("leased", ["ping", "-6", "-n", "-c", "1", "-w", "3", address.split("/")[0] ?? ""]))).code === 0;
  const inPod = (...words: string[]) => bench.kubectl("exec", "db", "--", ...words);

  it("is refused without a trace when no router announces a prefix", async () => {
    const refused = await bench.inject(wire()).catch((error: unknown) => error);
    expect(refused)
      .to.have.property("message")
      .that.matches(/^slaac: no router has announced a prefix .* within 5 s/);
    await assertNoLeaks(bench.lab);
  });

  describe("with a router", () => {
    before(async () => {
      router = await startRouter(bench.lab, "fd60:");
    });
    after(() => router.close());

    it("gives the address from MAC and prefix, and takes nothing else", async () => {
      state = await bench.inject(wire());
      expect(state.interface).to.deep.include({ addresses: [], slaacAddresses: [announced] });
      expect(await globalAddresses()).to.deep.equal([announced]);
      expect(await answers(announced)).to.equal(true);
      expect(await inPod("ip", "-6", "route", "show", "default")).to.equal("");
      expect(await inPod("cat", "/proc/sys/net/ipv6/conf/lan0/accept_redirects")).to.equal("0\n");
    });

    it("causes neither drift nor a change of the inputs", async () => {
      const seen = await observe(bench.driver, vnicRef(state), state);
      expect(seen).to.deep.equal(state);
    });

    it("works with a fixed address of each family, and its address is removed when it is switched off", async () => {
      const addresses = ["192.168.60.20/24", "fd61::20/64"];
      state = await bench.inject(wire({ addresses }), { known: state });
      expect(await globalAddresses()).to.have.members([...addresses, announced]);
      state = await bench.inject(wire({ addresses, slaac: false }), { known: state });
      expect(await globalAddresses()).to.have.members(addresses);
      expect(state.interface).not.to.have.property("slaacAddresses");
      state = await bench.inject(wire({ addresses }), { known: state });
      expect(state.interface).to.deep.include({ slaacAddresses: [announced] });
      expect(await answers(announced)).to.equal(true);
    });

    it("gives the same address in another pod", async () => {
      await bench.eject(state);
      expect(await answers(announced)).to.equal(false);
      state = await bench.inject(wire({}, "other"));
      expect(await globalAddresses("other")).to.deep.equal([announced]);
      await until("the neighbour to find it there", 180, async () => (await answers(announced)) || undefined);
      await bench.eject(state);
    });
  });
});
