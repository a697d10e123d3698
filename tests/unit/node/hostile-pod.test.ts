import { expect } from "chai";
import fc from "fast-check";
import { linkAlias, transitLinkName } from "../../../provider/model/names.ts";
import { batchOf, handle, ipLine } from "../../../provider/model/link/ip-line.ts";
import {
  convergeSteps,
  leaseSteps,
  moveBackSteps,
  renameDownSteps,
  restoreSteps,
  upSteps,
} from "../../../provider/model/link/link-steps.ts";
import {
  liveEntries,
  type RouteRow,
  routingSteps,
  type RuleRow,
  wantedEntries,
} from "../../../provider/model/link/routing.ts";
import { findDevices } from "../../../provider/node/device.ts";
import { type IpAddressRow, linksOf, parseRows } from "../../../provider/node/link.ts";
import { ownLinks } from "../../../provider/node/own-link.ts";
import { association, injectPlan, uid } from "../../fakes/objects.ts";

/*
 * Generated states of a pod's namespace. Whatever names, aliases, addresses and routes it has, the resulting `ip`
 * commands have only the forms that the node side writes, without any text from the pod.
 */

const plan = { ...injectPlan(), mtu: 1500 };
const transit = transitLinkName(uid(1));
const former = { name: "eth7", mac: "52:54:00:00:00:02", mtu: 1500, up: true, bus: "0000:03:00.0" };

/** Text that a pod may write: our own words, words of `ip`, and any characters. */
const hostile = fc.oneof(
  fc.constantFrom(
    "",
    "lo",
    "net1",
    transit,
    linkAlias(uid(1)),
    `${linkAlias(uid(1))},x0\naddress add 203.0.113.66/32 dev lo`,
  ),
  fc.constantFrom(
    "-batch",
    "a#",
    `"`,
    "\\\n",
    "netns exec",
    "x\u0000y",
    "\u0001\u001b[2J",
    "if1",
    "../../x",
    "net1\nlink del lo",
  ),
  fc.string({ unit: "binary", maxLength: 40 }),
);
const number = fc.oneof(fc.nat(), fc.constantFrom(-1, 2 ** 32, 1.5));
const row = fc.record(
  {
    ifindex: number,
    ifname: hostile,
    ifalias: hostile,
    address: hostile,
    mtu: number,
    flags: fc.array(fc.constantFrom("UP", "LOWER_UP")),
    link: hostile,
    link_index: number,
    parentdev: fc.oneof(hostile, fc.constant(former.bus)),
    linkinfo: fc.record({ info_kind: fc.oneof(hostile, fc.constantFrom("macvlan", "veth", "ipvlan")) }),
    addr_info: fc.array(
      fc.record({ local: fc.oneof(hostile, fc.ipV4(), fc.ipV6()), prefixlen: number, scope: hostile, family: hostile }),
      { maxLength: 4 },
    ),
  },
  { requiredKeys: ["ifindex", "ifname"] },
);
const route: fc.Arbitrary<RouteRow> = fc.record({
  type: hostile,
  dst: fc.oneof(hostile, fc.ipV4(), fc.constant("default")),
  gateway: fc.oneof(hostile, fc.ipV4()),
  dev: hostile,
  table: fc.oneof(hostile, fc.nat().map(String)),
  protocol: fc.constant("118"),
  metric: number,
});
const rule: fc.Arbitrary<RuleRow> = fc.record({
  priority: number,
  src: fc.oneof(hostile, fc.ipV4()),
  table: fc.oneof(hostile, fc.nat().map(String)),
  protocol: fc.constant("118"),
  suppress_prefixlen: number,
});

/** Prints strings like `ip -j`: a few characters escaped, all others raw. */
function printed(rows: unknown): string {
  return JSON.stringify(rows).replace(/\\u00([01][0-9a-f]|7f)/g, (_, code: string) =>
    String.fromCharCode(parseInt(code, 16)),
  );
}

const form = /^(link|address|route|rule) (add|del|set) [A-Za-z0-9 ._:/-]+( "")?$/;

describe("the content of a pod's network namespace", () => {
  it("leads to no ip command that the node program wouldn't run otherwise, in 10 000 states", () => {
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 6 }),
        fc.array(route, { maxLength: 4 }),
        fc.array(rule, { maxLength: 3 }),
        (rows, routes, rules) => {
          const links = linksOf(parseRows<IpAddressRow>(printed(rows)));
          expect(links.length).to.equal(rows.length);
          const file = {
            schemaVersion: 2 as const,
            step: "attached" as const,
            vnic: plan.vnic,
            definition: { ...plan, network: { mode: "host-device" as const, parent: "eth7" } },
            association: association(),
            updatedAt: "",
          };
          const known = { ...file, link: { former } };
          const own = [...ownLinks(links, uid(1)), ...ownLinks(links, uid(1), { mode: "macvlan", index: 3 })];
          const lines = [
            ...own.flatMap((link) => attempt(() => [ipLine`link del dev ${handle(link)}`])),
            ...own.flatMap((link) => attempt(() => convergeSteps(plan, link))),
            ...own.flatMap((link) => attempt(() => [...renameDownSteps(link, plan.interfaceName), ...upSteps(link)])),
            ...own.flatMap((link) =>
              attempt(() => leaseSteps(plan.network, link, link.addresses[0], "192.168.50.9/24")),
            ),
            ...[...findDevices(links, known, []), ...findDevices(links, file, [])].flatMap((link) =>
              attempt(() => [...moveBackSteps(uid(1), link, 7), ...restoreSteps(uid(1), link, former)]),
            ),
            ...([4, 6] as const).flatMap((family) => {
              const live = liveEntries(uid(1), "net1", family, routes, rules);
              return routingSteps(wantedEntries(plan), live)[family];
            }),
          ];
          const batch = batchOf(lines);
          expect(batch.split("\n").length).to.equal(lines.length + 1);
          for (const line of lines) expect(line).to.match(form);
          // Only the device that the file names comes to the node, with the attributes in the file.
          for (const device of findDevices(links, known, [])) expect(device.bus).to.equal(former.bus);
        },
      ),
      { numRuns: 10_000 },
    );
  });

  it("is read completely, with characters that JSON forbids in strings", () => {
    const rows = parseRows<{ ifname: string; ifalias: string }>('[{"ifname":"a\u0001","ifalias":"b\u001b\n\u007f"}]\n');
    expect(rows).to.deep.equal([{ ifname: "a\ufffd", ifalias: "b\ufffd\ufffd\ufffd" }]);
    expect(parseRows("\n")).to.deep.equal([]);
    expect(() => parseRows('{"ifname":"x"}')).to.throw("it is no list");
  });
});

/** The result of `work`, or nothing if it fails: a link with an unusable name is only an error of its own Vnic. */
function attempt<T>(work: () => T[]): T[] {
  try {
    return work();
  } catch {
    return [];
  }
}

describe("an allowed command for ip", () => {
  const lines: [line: string, isLine: boolean][] = [
    ["link del dev net1", true],
    [`link set dev eth7 alias ""`, true],
    ["netns exec x reboot", false],
    ["link del dev net1\nlink del dev lo", false],
    ["link del dev net1 # x", false],
    ["link del dev 'net1'", false],
    ["link del dev net1\\", false],
    ["link show", false],
    ["link del dev net1\r", false],
    ["-force", false],
  ];
  for (const [line, isLine] of lines)
    it(`${isLine ? "is" : "is not"} ${JSON.stringify(line)}`, () => {
      const run = () => batchOf([line as ReturnType<typeof ipLine>]);
      if (isLine) expect(run()).to.equal(`${line}\n`);
      else expect(run).to.throw(/is not a line for ip/);
    });
});
