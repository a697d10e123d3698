import { networkInterfaces } from "node:os";
import { expect } from "chai";
import { gatewaysOfIPv4, gatewaysOfIPv6, refuseNodeAddresses } from "../../../provider/node/node-addresses.ts";

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

  it("are refused in any notation", () => {
    const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    for (const { address, family } of own)
      expect(() => refuseNodeAddresses([`${address}/${family === "IPv4" ? 8 : 64}`])).to.throw(
        /is the node's own, on /,
      );
    expect(() => refuseNodeAddresses(["198.51.100.7/24", "2001:db8::7/64"])).not.to.throw();
  });
});
