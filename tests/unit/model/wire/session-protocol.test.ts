import { expect } from "chai";
import fc from "fast-check";
import { dhcpClientIdentifier } from "../../../../provider/model/names.ts";
import {
  configureSteps,
  convergeSteps,
  createSteps,
  moveSteps,
  sysctls,
} from "../../../../provider/model/link/link-steps.ts";
import {
  answer,
  ejectPlan,
  injectPlan,
  type InjectPlan,
  request,
  observePlan,
} from "../../../../provider/model/wire/session-protocol.ts";
import { parentForm } from "../../../../provider/model/schema/fields.ts";
import { containerId, injectPlan as plan, liveInterface, uid } from "../../../fakes/objects.ts";

const hostileWords = [
  "$(id)",
  "`id`",
  "; reboot",
  "&& reboot",
  "| sh",
  "net1\nlink del dev eth0",
  "net1\r\nlink del dev eth0",
  "net1 up",
  "net1\tup",
  "net1\0",
  "\0",
  "../../etc/passwd",
  "/etc/passwd",
  "..",
  ".",
  "-batch",
  "--net=/proc/1/ns/net",
  "net%d",
  "nét1",
  "net１",
  "net1\u2028x",
  "\u202enet1",
  "eth0@if2",
  "#net1",
  "'net1'",
  `"net1"`,
  "net1\\",
  "*",
  "~",
  "",
  " ",
  "x".repeat(10_000),
];

/** A plan with a given word at each place where the node side accepts text. */
const places: Record<string, (word: string) => unknown> = {
  interfaceName: (word) => plan({ interfaceName: word }),
  "network.parent": (word) => plan({ network: { mode: "macvlan", parent: word } }),
  "network.mode": (word) => plan({ network: { mode: word as "macvlan", parent: "eth1" } }),
  mac: (word) => plan({ mac: word }),
  addresses: (word) => plan({ addresses: [word] }),
  "vnic.uid": (word) => plan({ vnic: { uid: word, namespace: "shop", name: "w" } }),
  "vnic.namespace": (word) => plan({ vnic: { uid: uid(1), namespace: word, name: "w" } }),
  "vnic.name": (word) => plan({ vnic: { uid: uid(1), namespace: "shop", name: word } }),
  "pod.uid": (word) => plan({ pod: { namespace: "shop", name: "db-0", uid: word, containerId } }),
  "pod.namespace": (word) => plan({ pod: { namespace: word, name: "db-0", uid: uid(2), containerId } }),
  "pod.name": (word) => plan({ pod: { namespace: "shop", name: word, uid: uid(2), containerId } }),
  "pod.containerId": (word) => plan({ pod: { namespace: "shop", name: "db-0", uid: uid(2), containerId: word } }),
};

/** A valid value for each place, to which something hostile is added. */
const legal: Record<string, string> = {
  interfaceName: "net1",
  "network.parent": "eth1",
  mac: "02:00:5e:10:00:01",
  addresses: "10.0.0.1/24",
  "vnic.uid": uid(1),
  "pod.containerId": containerId,
};

/** Every word of every command and setting that the plan causes. */
function wordsOf(accepted: InjectPlan): string[] {
  const sized = { ...accepted, mtu: accepted.mtu ?? 1500 };
  const text = sized.network.parent;
  // By a subnet, a MAC or a PCI address, the node finds a link of its own, whose name is used in the commands.
  const parent = parentForm(text) === "name" ? text : "eth1";
  const lines = [
    ...createSteps(sized, { parent }, 17_000_000),
    ...moveSteps(accepted, "/run/netns/cni-1"),
    ...configureSteps(accepted),
    ...convergeSteps(sized, liveInterface({ addresses: [], up: false, mac: "02:00:00:00:00:99" })),
    ...sysctls(accepted.interfaceName, accepted),
  ];
  return lines.flatMap((line) => line.split(" "));
}

const shown = (word: string) => JSON.stringify(word).slice(0, 60);

const harmless = /^[A-Za-z0-9_][A-Za-z0-9._:/=-]*$|^\/run\/netns\/cni-1$/;

describe("a plan", () => {
  it("is accepted when every field is valid", () => {
    expect(injectPlan.parse(plan({ mtu: 1400 }))).to.deep.equal(plan({ mtu: 1400 }));
    const { vnic, pod } = plan();
    expect(ejectPlan.parse({ vnic })).to.deep.equal({ vnic });
    expect(ejectPlan.parse({ vnic, pod })).to.deep.equal({ vnic, pod });
    expect(observePlan.parse({ vnic, pod })).to.deep.equal({ vnic, pod });
  });

  for (const [place, make] of Object.entries(places)) {
    it(`is refused when ${place} is a hostile word`, () => {
      for (const word of hostileWords) expect(injectPlan.safeParse(make(word)).success, shown(word)).to.equal(false);
    });

    const value = legal[place];
    if (value !== undefined)
      it(`is refused when ${place} begins or ends with a hostile word`, () => {
        // Some hostile words are harmless at the end of a valid value: `net1..` is a valid interface name.
        for (const word of hostileWords.filter((word) => !/^[-a-z.]{0,10}$/.test(word)))
          for (const text of [value + word, word + value])
            expect(injectPlan.safeParse(make(text)).success, shown(text)).to.equal(false);
      });
  }

  it("is refused with an unknown field", () => {
    expect(injectPlan.safeParse({ ...plan(), netns: "/proc/1/ns/net" }).success).to.equal(false);
    expect(injectPlan.safeParse({ ...plan(), pod: { ...plan().pod, pid: 1 } }).success).to.equal(false);
  });

  it("is refused without any address, or with an MTU that isn't a number", () => {
    const asked = (given: Partial<InjectPlan>) =>
      request.safeParse({ id: 1, verb: "inject", plan: plan(given) }).success;
    expect(asked({ addresses: [] })).to.equal(false);
    expect(
      asked({ addresses: [], dhcp: { clientId: dhcpClientIdentifier({ namespace: "shop", name: "w" }) } }),
    ).to.equal(true);
    expect(injectPlan.safeParse({ ...plan(), mtu: "1500 up" }).success).to.equal(false);
  });

  it("contains only harmless words if it is accepted, whatever text it was made of", () => {
    const nearly = (alphabet: string) => fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 18 });
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...hostileWords), nearly("abe01.-_ /\n:%"));
    const address = fc.oneof(text, nearly("0123456789./:f \n"), fc.constant("10.0.0.1/24"));
    let accepted = 0;
    fc.assert(
      fc.property(text, text, fc.array(address, { minLength: 1 }), (interfaceName, parent, addresses) => {
        const network = { mode: "macvlan" as const, parent };
        for (const candidate of [
          plan({ interfaceName }),
          plan({ network }),
          plan({ addresses }),
          plan({ interfaceName, network, addresses }),
        ]) {
          const { data } = injectPlan.safeParse(candidate);
          if (!data) continue;
          accepted++;
          for (const word of wordsOf(data)) expect(word).to.match(harmless);
        }
      }),
      { numRuns: 1000 },
    );
    expect(accepted, "plans that passed").to.be.above(50);
  });
});

describe("a container ID", () => {
  for (const id of [containerId, containerId.replace("containerd", "cri-o")])
    it(`is accepted as ${id.slice(0, 20)}…`, () =>
      expect(injectPlan.safeParse(places["pod.containerId"]?.(id)).success).to.equal(true));

  for (const id of [
    "c0".repeat(32),
    "containerd://c0",
    `containerd://${"C0".repeat(32)}`,
    `containerd://${"c0".repeat(31)}/..`,
    `${containerId}0`,
  ])
    it(`is refused as ${id.slice(0, 30)}…, ${id.length} characters`, () =>
      expect(injectPlan.safeParse(places["pod.containerId"]?.(id)).success).to.equal(false));
});

describe("a request", () => {
  it("is accepted with an id, a known verb and that verb's plan", () => {
    const { vnic, pod } = plan();
    for (const one of [
      { id: 1, verb: "hello" },
      { id: 2, verb: "inject", plan: plan() },
      { id: 3, verb: "eject", plan: { vnic } },
      { id: 4, verb: "observe", plan: { vnic, pod } },
      { id: 5, verb: "survey", plans: [{ vnic, pod }] },
    ])
      expect(request.parse(one)).to.deep.equal(one);
  });

  const refused = [
    {},
    [],
    null,
    "hello",
    { id: 1 },
    { id: 1, verb: "exec" },
    { id: 1.5, verb: "hello" },
    { id: "1", verb: "hello" },
    { id: 1, verb: "inject" },
    { id: 1, verb: "hello", shell: "id" },
    { verb: "hello" },
  ];
  for (const one of refused)
    it(`is refused as ${JSON.stringify(one)}`, () => expect(request.safeParse(one).success).to.equal(false));
});

describe("an answer", () => {
  for (const one of [
    { id: 1, step: "moving" },
    { id: 1, result: { removed: true } },
    { id: 1, error: { kind: "refused", message: "no such parent" } },
  ])
    it(`is accepted as ${JSON.stringify(one)}`, () => expect(answer.parse(one)).to.deep.equal(one));

  for (const one of [
    {},
    { id: 1 },
    { step: "moving" },
    { id: 1, error: "x" },
    { id: 1, error: { kind: "unreachable", message: "x" } },
    { id: 1, step: "x", more: 1 },
  ])
    it(`is refused as ${JSON.stringify(one)}`, () => expect(answer.safeParse(one).success).to.equal(false));
});
