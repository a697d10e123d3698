import { expect } from "chai";
import { arpReply, flood, neighborAdvertisement } from "../support/kernel/frames.ts";
import type { NodeSideError } from "../support/kernel/session.ts";
import { planFor, type Pod, World } from "../support/kernel/world.ts";
import { numberedMac } from "../support/octets.ts";

/*
 * A host of the LAN that floods answers while addresses are probed decides the result for the addresses that it claims,
 * and nothing else.
 */

describe("duplicate address detection while a host floods the LAN with answers", function () {
  this.timeout(600_000);
  let world: World;
  let pod: Pod;
  const mac = "02:00:5e:00:00:70";
  const hosts = Array.from({ length: 5000 }, (_, index) => numberedMac("02:66:00:00", index));

  beforeEach(async () => {
    world = await World.make();
    pod = await world.addPod();
  });
  afterEach(() => world.close());

  const attempt = async (addresses: readonly string[]) => {
    const plan = planFor(pod, "", { mac, addresses: [...addresses] });
    const error = await world.session.inject(plan).then(
      () => undefined,
      (caught: unknown) => caught as NodeSideError,
    );
    return { plan, error };
  };
  const whileFlooded = async <T>(frames: readonly Buffer[], work: () => Promise<T>): Promise<T> => {
    const stop = await flood(world.hosts[1]!, "eth0", frames);
    try {
      return await work();
    } finally {
      await stop();
    }
  };

  for (const [family, claimed, free, answer] of [
    ["IPv4", "192.168.50.10", "192.168.50.11", (its: string, address: string) => arpReply({ mac: its, address })],
    ["IPv6", "fd50::10", "fd50::11", neighborAdvertisement],
  ] as const) {
    const prefix = family === "IPv4" ? 24 : 64;

    it(`refuses the address that the host claims under many MACs, and names one of them: ${family}`, async () => {
      const { error } = await whileFlooded(
        hosts.map((its) => answer(its, claimed)),
        () => attempt([`${claimed}/${prefix}`]),
      );
      expect(error?.kind).to.equal("conflict");
      expect(error?.message).to.match(/is in use on the network, by a host with MAC 02:66:/);
      expect(await world.remains()).to.deep.equal([]);
    });

    it(`accepts an address that nobody claims, though the host claims thousands of others: ${family}`, async () => {
      const others = hosts.map((its, index) =>
        answer(its, family === "IPv4" ? `192.168.50.${100 + (index % 90)}` : `fd50::${(4096 + index).toString(16)}`),
      );
      const { plan, error } = await whileFlooded(others, () => attempt([`${free}/${prefix}`]));
      expect(error?.message).to.equal(undefined);
      expect(await world.hosts[0]!.reaches(free)).to.equal(true);
      await world.session.eject({ vnic: plan.vnic });
    });

    it(`refuses another host's address, though a host answers for it under the Vnic's own MAC: ${family}`, async () => {
      const taken = family === "IPv4" ? "192.168.50.201" : "fd50::201";
      const { error } = await whileFlooded([answer(mac, taken)], () => attempt([`${taken}/${prefix}`]));
      expect(error?.kind).to.equal("conflict");
      expect(await world.remains()).to.deep.equal([]);
    });
  }
});
