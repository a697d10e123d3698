import { expect } from "chai";
import { restored, routesIn } from "../../../provider/agent/announced-routes.ts";

describe("timers of neighbour discovery", () => {
  const retrans = "net/ipv6/neigh/net1/retrans_time_ms=1000";
  const reachable = "net/ipv6/neigh/net1/base_reachable_time_ms=30000";
  const cases: Record<string, readonly [readonly string[], readonly string[]]> = {
    "stay as the kernel sets them": [["1000", "30000", ""], []],
    "stay as a router may announce them": [["100", "3600000", ""], []],
    "are restored if both are too long": [
      ["2000000000", "2000000000", ""],
      [retrans, reachable],
    ],
    "are restored if one is too short": [["99", "30000", ""], [retrans]],
    "are restored if one is no number": [["1000", "", ""], [reachable]],
  };
  for (const [title, [values, settings]] of Object.entries(cases))
    it(title, () => expect(restored("net1", values)).to.deep.equal(settings));
});

describe("the number of a pod's IPv6 routes", () => {
  it("is the fourth of the kernel's statistics", () =>
    expect(routesIn("0011 000a 05e4 05dd 0000 0003 0000\n")).to.equal(0x5dd));

  it("is none in a text of another form", () => {
    for (const text of ["", "1 2", "0 0 0 x"]) expect(routesIn(text)).to.equal(0);
  });
});
