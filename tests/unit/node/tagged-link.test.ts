import { expect } from "chai";
import { vlanLinkName } from "../../../provider/model/names.ts";
import { carrierSysctls } from "../../../provider/model/link/link-steps.ts";
import { type Programs, usePrograms } from "../../../provider/node/run.ts";
import { ensureTagged } from "../../../provider/node/tagged-link.ts";

/** Hosts of the VLAN could otherwise announce themselves to the node as its routers, or reach it there. */
describe("the link of a VLAN", () => {
  afterEach(() => usePrograms(undefined));

  it("is closed to the node before it is up, as the node itself doesn't use it", async () => {
    const done: string[] = [];
    const eth1 = { ifindex: 2, ifname: "eth1", address: "52:54:00:00:00:01", mtu: 1500, flags: ["UP"] };
    const programs: Pick<Programs, "start"> = {
      start: (program, args) => ({
        finish: (input) => {
          if (args.includes("show")) return Promise.resolve(JSON.stringify([eth1]));
          done.push(...(input === "" ? [[program, ...args].join(" ")] : input.trim().split("\n")));
          return Promise.resolve("");
        },
      }),
    };
    usePrograms({ ...programs, startLongRunning: () => expect.fail("nothing runs long") });
    await ensureTagged({ mode: "macvlan", parent: "eth1", vlan: 100 });
    const name = vlanLinkName("eth1", 100);
    const lines = done.filter((line) => !line.startsWith("mount "));
    expect(lines[0]).to.equal(`link add link eth1 name ${name} type vlan id 100`);
    for (const setting of carrierSysctls(name)) expect(lines[1]).to.contain(setting);
    expect(lines[2]).to.match(new RegExp(`^link set dev ${name} .* up$`));
    expect(lines).to.have.length(3);
    expect(carrierSysctls(name)).to.include(`net/ipv6/conf/${name}/disable_ipv6=1`);
  });
});
