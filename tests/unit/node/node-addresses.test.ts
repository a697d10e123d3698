import { networkInterfaces } from "node:os";
import { expect } from "chai";
import type { Mode } from "../../../provider/model/network/mode.ts";
import {
  gatewaysOfIPv4,
  gatewaysOfIPv6,
  neighborsIn,
  refuseNodeAddresses,
  refuseNodeMac,
} from "../../../provider/node/node-addresses.ts";

describe("the addresses of the node itself", () => {
  it("include its default gateways, as read from the kernel's routing tables", () => {
    const ipv4 = [
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
      "eth0\t00000000\t0132A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
      "eth1\t0001A8C0\t0232A8C0\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0",
      "eth2\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0",
      "",
    ].join("\n");
    expect(gatewaysOfIPv4(ipv4)).to.deep.equal(["192.168.50.1"]);
    const zeros = "0".repeat(32);
    const ipv6 = [
      `${zeros} 00 ${zeros} 00 fd500000000000000000000000000001 00000400 00000001 00000000 00000003     eth0`,
      `fd510000000000000000000000000000 40 ${zeros} 00 fd500000000000000000000000000002 00000400 00000001 00000000 00000003 eth0`,
      `${zeros} 00 ${zeros} 00 ${zeros} ffffffff 00000001 00000000 00200200       lo`,
    ].join("\n");
    expect(gatewaysOfIPv6(ipv6)).to.deep.equal(["fd50::1"]);
    expect(gatewaysOfIPv4(""), "no table").to.deep.equal([]);
  });

  it("have MACs, which are read from the kernel's table of neighbours", () => {
    const table = [
      "IP address       HW type     Flags       HW address            Mask     Device",
      "192.168.50.1     0x1         0x2         52:54:00:00:00:01     *        eth0",
      "192.168.50.9     0x1         0x0         00:00:00:00:00:00     *        eth0",
      "",
    ].join("\n");
    expect(neighborsIn(table)[0]).to.deep.equal({ host: "192.168.50.1", mac: "52:54:00:00:00:01" });
    expect(neighborsIn("")).to.deep.equal([]);
  });

  it("have MACs that no new NIC may have", () => {
    const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    const macs = own.map(({ mac }) => mac).filter((mac) => mac !== "00:00:00:00:00:00");
    for (const mac of macs) {
      const refuse = (mode: Mode) => () => refuseNodeMac({ mac, network: { mode, parent: "eth1" } });
      for (const mode of ["macvlan", "macvlan-private", "bridge"] as const)
        expect(refuse(mode)).to.throw(/^mac: .* is the node's own, on /);
      for (const mode of ["host-device", "ipvlan"] as const) expect(refuse(mode)).not.to.throw();
    }
  });

  it("are refused in any notation", () => {
    const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    for (const { address, family } of own)
      expect(() => refuseNodeAddresses([`${address}/${family === "IPv4" ? 8 : 64}`])).to.throw(
        /is the node's own, on /,
      );
    expect(() => refuseNodeAddresses(["198.51.100.7/24", "2001:db8::7/64"])).not.to.throw();
  });
});
