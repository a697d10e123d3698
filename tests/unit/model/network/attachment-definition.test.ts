import { expect } from "chai";
import { VnicError } from "../../../../provider/base/errors.ts";
import { readAttachment } from "../../../../provider/model/network/attachment-definition.ts";

const read = (config: unknown) =>
  readAttachment({
    metadata: { namespace: "shop", name: "lan" },
    spec: { config: typeof config === "string" ? config : JSON.stringify(config) },
  });

describe("a NetworkAttachmentDefinition", () => {
  const understood: [config: object, network: object][] = [
    [
      { cniVersion: "0.3.1", name: "lan", type: "macvlan", master: "eth1", ipam: { type: "dhcp" } },
      { network: { mode: "macvlan", parent: "eth1" } },
    ],
    [
      { type: "macvlan", master: "eth1", mode: "private", mtu: 1400 },
      { network: { mode: "macvlan-private", parent: "eth1" }, mtu: 1400 },
    ],
    [{ type: "bridge", bridge: "br0", mtu: 0 }, { network: { mode: "bridge", parent: "br0" } }],
    [{ type: "host-device", device: "eth2" }, { network: { mode: "host-device", parent: "eth2" } }],
    [{ type: "host-device", pciBusID: "0000:03:00.0" }, { network: { mode: "host-device", parent: "0000:03:00.0" } }],
    [
      { cniVersion: "1.0.0", name: "lan", plugins: [{ type: "macvlan", master: "eth1" }] },
      { network: { mode: "macvlan", parent: "eth1" } },
    ],
  ];
  for (const [config, network] of understood)
    it(`is understood as ${JSON.stringify(config)}`, () => expect(read(config)).to.deep.equal(network));

  const refused: [config: unknown, words: RegExp][] = [
    ["", /spec\.config is empty/],
    ["no json", /spec\.config is not a JSON object/],
    [{ type: "sriov" }, /spec\.config\.type: "sriov" is not a plugin that we know; use macvlan, bridge, host-device$/],
    [{ type: "macvlan", master: "eth1", mode: "vepa" }, /spec\.config\.mode: "vepa" is not a mode of ours/],
    [{ type: "macvlan" }, /spec\.config\.master: is missing/],
    [{ type: "bridge", bridge: "br0", vlan: 5 }, /spec\.config\.vlan: is not understood; leave it out/],
    [{ type: "bridge", bridge: "br0", isGateway: true }, /spec\.config\.isGateway: is not understood/],
    [{ plugins: [null] }, /spec\.config\.plugins\[0\]\.type: undefined is not a plugin that we know/],
    [{ type: "constructor" }, /spec\.config\.type: "constructor" is not a plugin that we know/],
    [{ type: { a: 1 } }, /spec\.config\.type: \{"a":1\} is not a plugin that we know/],
    [{ type: "host-device" }, /spec\.config\.device: is missing; give it, hwaddr or pciBusID/],
    [{ plugins: [{ type: "macvlan", master: "eth1" }, { type: "sbr" }] }, /spec\.config\.plugins: has 2 plugins/],
    [
      { plugins: [{ type: "macvlan", master: "-x" }] },
      /spec\.config\.plugins\[0\]\.master: "-x" is not an interface name/,
    ],
  ];
  for (const [config, words] of refused)
    it(`is refused, naming the field, as ${JSON.stringify(config)}`, () =>
      expect(() => read(config))
        .to.throw(words)
        .with.property("kind", "refused"));

  const large: [what: string, config: string, words: RegExp][] = [
    ["a large configuration", " ".repeat(65_537), /spec\.config has 65537 characters; at most 65536 are read/],
    [
      "a long type",
      JSON.stringify({ type: "x".repeat(60_000) }),
      /\.type: "x{100}.*\(60000 characters\) is not a plugin/,
    ],
    [
      "a long parent",
      JSON.stringify({ type: "bridge", bridge: "x".repeat(60_000) }),
      /is longer than the 63 characters/,
    ],
    [
      "many fields",
      JSON.stringify({
        type: "bridge",
        bridge: "br0",
        ...Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`k${at}`, at])),
      }),
      /spec\.config\.k0: is not understood/,
    ],
  ];
  for (const [what, config, words] of large)
    it(`is refused in few words with ${what}`, () => {
      expect(() => read(config))
        .to.throw(VnicError, words)
        .with.property("message")
        .with.lengthOf.below(1000);
    });
});
