import { expect } from "chai";
import { isVnicError, type VnicError } from "../../provider/base/errors.ts";
import type { Definition } from "../../provider/model/vnic/definition.ts";
import type { InjectOptions } from "../../provider/lifecycle/inject.ts";
import type { VnicRecord } from "../../provider/model/vnic/record.ts";
import { until } from "../lab/run.ts";
import { remainsOnNodes } from "../support/leaks.ts";
import { addressesOf, define, linkNamed } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing } from "../support/outside.ts";

describe("duplicate address detection", () => {
  let lan1Mac: string;
  const namespace = "duplicates";
  const bench = useBench({ namespace });
  const wire = (addresses: string[], given: Record<string, unknown> = {}) =>
    define({ name: "wire", pod: { namespace, name: "db" }, addresses, interfaceName: "lan0", ...given });

  before(async () => {
    await bench.runPod("db", "node1");
    const { stdout } = await bench.lab.exec("lan1", ["ip", "-j", "link", "show", "eth0"]);
    lan1Mac = (JSON.parse(stdout) as { address: string }[])[0]?.address ?? "";
  });

  async function conflictOf(definition: Definition, options?: InjectOptions): Promise<VnicError> {
    const error: unknown = await bench.inject(definition, options).catch((cause: unknown) => cause);
    if (isVnicError(error, "conflict")) return error;
    throw new Error(`expected a conflict, not ${JSON.stringify(error)}`);
  }

  for (const [family, address, index] of [
    ["IPv4", "192.168.50.201", 1],
    ["IPv6", "fd50::201", 2],
  ] as const)
    it(`refuses an ${family} address that an outside host has, names the host's MAC, and leaves nothing behind`, async () => {
      const addresses = [
        "192.168.50.75/24",
        `192.168.50.${index === 1 ? 201 : 76}/24`,
        `fd50::${index === 2 ? 201 : 75}/64`,
      ];
      const error = await conflictOf(wire(addresses));
      expect(error.message).to.equal(
        `addresses[${index}]: ${address} is in use on the network, by a host with MAC ${lan1Mac}; choose another, or find out who that is`,
      );
      expect(linkNamed(await bench.linksIn("db"), "lan0")).to.equal(undefined);
      expect(await bench.kubectl("get", "vnics", "-o", "name")).to.equal("");
      expect(await remainsOnNodes(bench.lab)).to.deep.equal([]);
    });

  it("doesn't announce an address while it probes it", async () => {
    const capture = bench.lab.spawn("lan2", ["tcpdump", "-l", "-n", "-i", "eth0", "arp and host 192.168.50.201"]);
    let heard = "";
    capture.stdout?.on("data", (chunk: Buffer) => (heard += chunk.toString()));
    const requests = () => heard.split("\n").filter((line) => line.includes("who-has 192.168.50.201"));
    try {
      await new Promise((resolve) => capture.stderr?.once("data", resolve));
      await conflictOf(wire(["192.168.50.201/24"]));
      // Frames are shown in order, so all earlier ones have been shown when the host's own question is.
      const own = ["arping", "-c", "1", "-w", "10", "-I", "eth0", "192.168.50.201"];
      expect((await bench.lab.exec("lan2", own)).code).to.equal(0);
      const isOwn = (line: string) => line.includes("tell 192.168.50.202");
      await until("the host's own question", 180, () => requests().some(isOwn) || undefined);
      const probes = requests().filter((line) => !isOwn(line));
      expect(probes).to.not.have.length(0);
      for (const request of probes) expect(request).to.include("tell 0.0.0.0");
    } finally {
      capture.kill();
    }
  });

  it("leaves the NIC unchanged when an address to be added is taken", async () => {
    const before = await bench.inject(wire(["192.168.50.75/24"], { mtu: 1400 }));
    const { message } = await conflictOf(wire(["192.168.50.75/24", "fd50::201/64"]), { known: before });
    expect(message).to.match(/^addresses\[1\]: fd50::201 is in use on the network/);
    const link = linkNamed(await bench.linksIn("db"), "lan0");
    expect(addressesOf(link)).to.deep.equal(["192.168.50.75/24"]);
    expect(link?.mtu).to.equal(1400);
    const record = JSON.parse(await bench.kubectl("get", "vnic", "wire", "-o", "json")) as VnicRecord;
    expect(record.spec).to.deep.include({ addresses: ["192.168.50.75/24"], mtu: 1400 });
    expect(await answersPing(bench.lab, "lan1", "192.168.50.75")).to.equal(true);

    // An injection doesn't probe for addresses that the NIC already has.
    const again = await bench.inject(wire(["192.168.50.75/24", "fd50::75/64"], { mtu: 1400 }), { known: before });
    expect(await answersPing(bench.lab, "lan1", "fd50::75")).to.equal(true);
    await bench.eject(again);
  });

  it("isn't all that keeps an address unique on a parent that is named in two ways: by its name and its MAC", async () => {
    const show = ["ip", "-j", "link", "show", "eth1"];
    const [eth1] = JSON.parse((await bench.lab.exec("node1", show)).stdout) as { address: string }[];
    const unprobed = { duplicateAddressDetection: false };
    const first = await bench.inject(wire(["192.168.50.75/24"], unprobed));
    const byMac = {
      network: { mode: "macvlan", parent: eth1!.address },
      ...unprobed,
      name: "other",
      interfaceName: "lan1",
    };
    const { message } = await conflictOf(wire(["192.168.50.75/24"], byMac));
    expect(message).to.match(
      /^addresses\[0\]: 192\.168\.50\.75 is held by Vnic duplicates\/wire .* behind parent eth1;/,
    );
    expect(linkNamed(await bench.linksIn("db"), "lan1")).to.equal(undefined);
    expect(await answersPing(bench.lab, "lan1", "192.168.50.75")).to.equal(true);

    const other = await bench.inject(wire(["192.168.50.76/24"], byMac));
    const error = await conflictOf(wire(["192.168.50.76/24"], { ...unprobed, name: "third", interfaceName: "lan2" }));
    expect(error.message).to.include("192.168.50.76 is held by Vnic duplicates/other");
    for (const state of [first, other]) await bench.eject(state);
    expect(await bench.kubectl("get", "vnicaddresses", "-o", "name")).to.equal("");
  });

  it("can be switched off", async () => {
    const state = await bench.inject(wire(["192.168.50.201/24"], { duplicateAddressDetection: false }));
    expect(addressesOf(linkNamed(await bench.linksIn("db"), "lan0"))).to.deep.equal(["192.168.50.201/24"]);
    await bench.eject(state);
    // Clears the neighbours' caches.
    await bench.lab.exec("lan2", ["ip", "neigh", "flush", "all"]);
  });
});
