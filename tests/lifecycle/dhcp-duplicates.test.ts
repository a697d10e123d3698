import { expect } from "chai";
import { enter } from "../lab/enter.ts";
import { leased, netnsName } from "../lab/layout.ts";
import { must, until } from "../lab/run.ts";
import {
  type DhcpServer,
  dhcpServer,
  answersLeased,
  installAgent,
  removeAgent,
  startScripted,
} from "../support/dhcp.ts";
import { assertNoLeaks } from "../support/leaks.ts";
import { addressesOf, type Bench, define, linkNamed, openBench } from "../support/lifecycle.ts";

describe("a leased address that another host has", function () {
  this.timeout(120_000);
  let bench: Bench;
  let server: DhcpServer;
  const namespace = "dhcp-duplicates";
  const db = { namespace, name: "db" };
  const wire = (given: Record<string, unknown> = {}) =>
    define({ name: "wire", pod: db, network: { parent: leased.parent }, ...given });
  /** The LAN's host that took an address without asking is node2. */
  const squat = async (host: string) => {
    const change = (verb: string) =>
      must(["ip", "-n", netnsName("node2"), "address", verb, `${host}/24`, "dev", leased.parent]);
    await change("add");
    return async () => void (await change("del"));
  };
  const squatterMac = async () => {
    const { stdout } = await bench.lab.exec("node2", ["ip", "-j", "link", "show", leased.parent]);
    return (JSON.parse(stdout) as { address: string }[])[0]?.address;
  };
  /** Whose MAC the leased network's own host has for an address, as it last heard. */
  const heardMac = async (host: string) => {
    const rows = JSON.parse(await must(enter("leased", ["ip", "-j", "neigh", "show", host]))) as { lladdr?: string }[];
    return rows[0]?.lladdr;
  };
  const addressesInPod = async (name: string) => addressesOf(linkNamed(await bench.linksIn("db"), name));

  before(async () => {
    bench = await openBench({ namespace });
    await installAgent(bench.lab);
    server = await dhcpServer({ leaseSeconds: 30 });
    await bench.runPod("db", "node1");
  });
  after(async () => {
    await bench.close();
    await removeAgent(bench.lab);
    await server.close();
    await assertNoLeaks(bench.lab);
  });

  it("is declined, and the server gives another one; the host isn't disturbed", async () => {
    await server.start();
    const first = await bench.inject(wire());
    const taken = first.addresses[0]?.split("/")[0] ?? "";
    await bench.eject(first);
    await until("the release", 5, async () => ((await server.leases()).size === 0 ? true : undefined));

    const leave = await squat(taken);
    try {
      await must(enter("leased", ["ip", "neigh", "flush", "all"]));
      await until("the host to answer", 10, async () => (await answersLeased(taken)) || undefined);
      // The server remembers the Vnic, and offers the same again.
      const state = await bench.inject(wire());
      expect(state.addresses).to.have.length(1).and.not.include(first.addresses[0]);
      expect(await addressesInPod(state.interfaceName)).to.deep.equal(state.addresses);
      expect(await answersLeased(state.addresses[0] ?? "")).to.equal(true);
      expect(await answersLeased(taken)).to.equal(true);
      expect(await heardMac(taken)).to.equal(await squatterMac());
      await bench.eject(state);
    } finally {
      await leave();
      await server.stop();
    }
  });

  it("is taken all the same where nobody is to be asked", async () => {
    const taken = "192.168.60.50";
    const leave = await squat(taken);
    const stop = await startScripted({ server: leased.host, replies: [{ ip: taken }] });
    try {
      const state = await bench.inject(wire({ duplicateAddressDetection: false }));
      expect(await addressesInPod(state.interfaceName)).to.deep.equal([`${taken}/24`]);
      await bench.eject(state);
    } finally {
      await stop();
      await leave();
    }
  });
});
