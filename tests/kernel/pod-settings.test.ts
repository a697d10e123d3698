import { expect } from "chai";
import { planFor, type Pod, World } from "../support/kernel/world.ts";

/*
 * A pod has settings of the kernel for new links and for all of its links. Its spec may ask for them, and with
 * NET_ADMIN it sets them itself.
 */

describe("a pod with settings of its own for links", function () {
  this.timeout(60_000);
  let world: World;
  let pod: Pod;
  before(async () => {
    world = await World.make();
  });
  after(() => world.close());
  beforeEach(async () => {
    pod = await world.addPod();
  });
  afterEach(() => pod.close());

  const everywhere = (...settings: string[]) =>
    settings.flatMap((setting) => ["all", "default"].map((place) => setting.replace("conf.", `conf.${place}.`)));
  const cases: [what: string, settings: readonly string[]][] = [
    ["by which new addresses are tentative for a second", everywhere("net.ipv6.conf.accept_dad=1")],
    ["by which a new link gets no link-local address", ["net.ipv6.conf.default.addr_gen_mode=1"]],
    ["by which IPv6 is off", everywhere("net.ipv6.conf.disable_ipv6=1")],
    [
      "by which it answers no ARP, and believes little of it",
      [
        ...everywhere(...["rp_filter=1", "drop_gratuitous_arp=1", "arp_filter=1"].map((one) => `net.ipv4.conf.${one}`)),
        ...[
          "net.ipv4.conf.default.arp_ignore=8",
          "net.ipv4.igmp_max_memberships=0",
          "net.ipv6.conf.default.max_addresses=1",
        ],
      ],
    ],
  ];
  for (const [what, settings] of cases)
    it(`${what}, gets no address that a host of the LAN has, and is reached under others`, async () => {
      await pod.machine.must(["sysctl", "-q", "-w", ...settings]);
      for (const taken of ["192.168.50.201/24", "fd50::201/64"]) {
        const error = await world.session.inject(planFor(pod, taken)).catch((caught: unknown) => caught);
        expect(error, taken).to.be.an("error").with.property("kind", "conflict");
      }
      const addresses = ["192.168.50.70/24", "fd50::70/64"];
      const plan = planFor(pod, "", { addresses });
      await world.session.inject(plan);
      for (const address of addresses) expect(await world.hosts[0]!.reaches(address), address).to.equal(true);
      expect((await world.session.eject({ vnic: plan.vnic })).removed).to.equal(true);
      expect(await world.remains()).to.deep.equal([]);
    });
});
