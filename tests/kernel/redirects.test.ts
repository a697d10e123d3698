import { expect } from "chai";
import { planFor, World } from "../support/kernel/world.ts";

describe("a router of the LAN that knows a shorter way", function () {
  this.timeout(600_000);
  let world: World;

  before(async () => {
    world = await World.make();
    await world.lan.must(["sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]);
    await world.lan.ip(
      "route add 203.0.113.0/24 via 192.168.50.201 dev lan",
      "route add fd99::/64 via fd50::201 dev lan",
    );
    await world.hosts[0]!.ip("address add 203.0.113.5/32 dev lo", "address add fd99::5/128 dev lo");
  });
  after(() => world.close());

  it("doesn't redirect what a pod sends, while the pod's other NICs follow redirects as before", async () => {
    const pod = await world.addPod();
    const setting = (link: string) =>
      pod.machine.must(["sysctl", "-n", `net.ipv4.conf.${link}.accept_redirects`]).then((text) => text.trim());
    const before = await setting("eth0");
    const plan = planFor(pod, "", {
      addresses: ["192.168.50.10/24", "fd50::10/64"],
      routing: {
        routes: [
          { to: "203.0.113.0/24", via: "192.168.50.1" },
          { to: "fd99::/64", via: "fd50::1" },
        ],
        gateways: [],
        replyVia: "pod",
      },
    });
    await world.session.inject(plan);
    for (const [host, router] of [
      ["203.0.113.5", "192.168.50.1"],
      ["fd99::5", "fd50::1"],
    ] as const) {
      // The router sends a redirect at the first packet.
      for (let ping = 0; ping < 2; ping++) expect(await pod.machine.reaches(host), host).to.equal(true);
      expect(await pod.machine.must(["ip", "route", "get", host])).to.contain(`via ${router} `);
    }
    expect(await setting("eth0")).to.equal(before);
    await world.session.eject({ vnic: plan.vnic });
  });
});
