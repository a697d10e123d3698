import { expect } from "chai";
import { messageOf, VnicError } from "../../../provider/base/errors.ts";
import * as network from "../../../provider/hooks/network.ts";
import * as vnicSet from "../../../provider/hooks/vnic-set.ts";
import * as vnic from "../../../provider/hooks/vnic.ts";
import { networkResourceFields } from "../../../provider/model/network/fields.ts";
import { unknownValue } from "../../../provider/model/schema/known.ts";
import { pick } from "../../../provider/model/schema/field.ts";
import { parseSetDefinition } from "../../../provider/model/vnic-set/definition.ts";
import { setStateOf } from "../../../provider/model/vnic-set/state.ts";
import { setFields } from "../../../provider/model/vnic-set/fields.ts";
import { vnicFields } from "../../../provider/model/vnic/fields.ts";
import { FakeApiServer } from "../../fakes/api-server.ts";
import { kubeconfig } from "../../fakes/kubeconfig.ts";
import { attachedState, definition, uid } from "../../fakes/objects.ts";
import { vnicSet as storedSet } from "../../fakes/vnic-sets.ts";

type State = Record<string, unknown>;

interface Hooks {
  diff(id: string, olds: object, news: object): Promise<unknown>;
  update(id: string, olds: object, news: object): Promise<unknown>;
  read(id: string, props: object): Promise<unknown>;
  delete(id: string, props: object): Promise<unknown>;
}

interface Kind {
  readonly name: string;
  readonly hooks: Hooks;
  readonly id: string;
  readonly state: State;
  readonly inputs: State;
  /** Properties without which hooks can't work. */
  readonly required: readonly string[];
}

const short = { createSeconds: 1, updateSeconds: 1, deleteSeconds: 1 };
const urn = "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/vnic:Vnic::db-wire";
/** The UID that the fake API server has. */
const clusterUid = "9b2f7c5e-0000-4000-8000-000000000001";
const common = {
  clusterUid,
  cluster: "fake",
  declaredBy: urn,
  owner: urn,
  secretInputs: [["labels"]],
  labels: { team: "blue" },
};

function setState(): State {
  const parsed = parseSetDefinition({
    ...{ name: "wires", namespace: "shop", selector: { app: "db" }, deadlines: short },
    ...{ template: { network: { parent: "eth1" } }, addresses: [{ cidr: "192.168.50.0/24" }] },
  });
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return { ...setStateOf(parsed.definition, storedSet(), [], "0.1.0"), ...common };
}

const vnicState: State = {
  ...attachedState(),
  ...definition({ mtu: 1400, deadlines: short, dhcp: { hostname: "db-0" } }),
  ...common,
  networkOnNode: { mode: "macvlan", parent: "eth1" },
  lease: { address: "192.168.50.9/24", server: "192.168.50.1" },
  drift: ["the NIC is missing in pod shop/db-0"],
};
const networkState: State = {
  ...{ name: "lan", mode: "macvlan", parent: "eth1", ranges: [{ cidr: "10.0.0.0/8" }], gateways: ["10.0.0.1"] },
  ...common,
  uid: uid(1),
  schemaVersion: 1,
  providerVersion: "0.1.0",
};

const always = ["schemaVersion", "providerVersion", "uid", "name"];
const kinds: readonly Kind[] = [
  {
    name: "Vnic",
    hooks: vnic,
    id: "shop/db-wire",
    state: vnicState,
    inputs: pick(vnicFields, vnicState) as State,
    required: [...always, "pod", "network", "addresses", "node", "podUid"],
  },
  {
    name: "VnicSet",
    hooks: vnicSet,
    id: "shop/wires",
    state: setState(),
    inputs: pick(setFields, setState()) as State,
    required: [...always, "namespace", "template", "desired", "ready"],
  },
  {
    name: "Network",
    hooks: network,
    id: "lan",
    state: networkState,
    inputs: pick(networkResourceFields, networkState) as State,
    required: always,
  },
];

/** Values that an editor may leave in place of another one. */
const others: readonly unknown[] = [
  ...[null, -1, 1e21, "", "..", "x".repeat(100_000), true, [], [null], {}, { a: [] }],
  unknownValue,
  Array.from({ length: 300 }, () => ({})),
];

/** Copies of the value in which the part at one path is missing or another one, down to that depth. */
function* edits(value: unknown, levels: number, path = ""): Generator<[path: string, edited: unknown]> {
  if (levels === 0 || typeof value !== "object" || value === null) return;
  for (const key of Object.keys(value)) {
    const at = path === "" ? key : `${path}.${key}`;
    const put = (part: unknown) => {
      const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as State;
      if (part === undefined) delete copy[key];
      else copy[key] = part;
      return copy;
    };
    for (const part of [undefined, ...others]) yield [at, put(part)];
    for (const [deeper, part] of edits((value as State)[key], levels - 1, at)) yield [deeper, put(part)];
  }
}

const refusal = / was edited or damaged: /;

describe("state that somebody has edited", () => {
  let server: FakeApiServer;
  before(async () => {
    server = await new FakeApiServer().start();
    process.env.VNIC_CLUSTERS = JSON.stringify({ fake: { kubeconfig: kubeconfig({ server: server.url }) } });
    // State that names no cluster must not lead to one of this machine.
    process.env.VNIC_KUBECONFIG = "/nonexistent/kubeconfig";
  });
  after(async () => {
    delete process.env.VNIC_CLUSTERS;
    delete process.env.VNIC_KUBECONFIG;
    await server.stop();
  });

  /** What the hooks throw for that state, and how many requests each has sent. */
  const outcomes = async ({ hooks, id, inputs }: Kind, state: object) => {
    const calls = {
      diff: () => hooks.diff(id, state, inputs),
      update: () => hooks.update(id, state, { ...inputs, deadlines: short }),
      read: () => hooks.read(id, state),
      delete: () => hooks.delete(id, state),
    };
    const thrown: [hook: string, error: unknown, requests: number][] = [];
    for (const [hook, call] of Object.entries(calls)) {
      const before = server.requests.length;
      const error = await call().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      thrown.push([hook, error, server.requests.length - before]);
    }
    return thrown;
  };

  for (const kind of kinds) {
    it(`is refused with words before anything is sent, or does no harm: ${kind.name}`, async () => {
      const wrong: string[] = [];
      for (const [path, edited] of edits(kind.state, 2))
        for (const [hook, error, requests] of await outcomes(kind, edited as State)) {
          const words = messageOf(error);
          const is = `${hook}, ${path}`;
          if (error !== undefined && !(error instanceof VnicError)) wrong.push(`${is}: ${words}`);
          if (words.length > 5000) wrong.push(`${is}: a message of ${words.length} characters`);
          if (refusal.test(words) && requests > 0) wrong.push(`${is}: ${requests} requests were sent before`);
        }
      expect(wrong.join("\n")).to.equal("");
    });

    for (const property of kind.required)
      it(`is refused, with property, value and remedy, without a right ${property}: ${kind.name}`, async () => {
        for (const [part, words] of [
          [undefined, "is missing"],
          [null, "null is not a"],
          [true, "true is not a"],
          [unknownValue, ""],
        ] as const) {
          const edited: State = { ...kind.state, [property]: part };
          if (part === undefined) delete edited[property];
          for (const [hook, error] of await outcomes(kind, edited)) {
            if (part === unknownValue && ["schemaVersion", "providerVersion"].includes(property)) continue;
            expect(messageOf(error), hook).to.match(refusal).and.include(`${property}: ${words}`);
            expect(messageOf(error), hook).to.include(`${kind.name} ${kind.id}`).and.include("pulumi stack import");
          }
        }
      });

    it(`is refused with the ID of another record: ${kind.name}`, async () => {
      for (const id of ["shop/other", "..", "x".repeat(10_000), ""])
        for (const [hook, error] of await outcomes({ ...kind, id }, kind.state))
          expect(messageOf(error), hook).to.include(`id: is not that of ${kind.id}`).and.have.length.below(1000);
    });

    it(`is compared with the inputs in it only if they have the right types: ${kind.name}`, async () => {
      const wrong: string[] = [];
      for (const [path, edited] of edits(kind.inputs, 2)) {
        const error = await kind.hooks.diff(kind.id, kind.state, edited as State).catch((reason: unknown) => reason);
        if (error instanceof Error && !(error instanceof VnicError)) wrong.push(`${path}: ${error.message}`);
      }
      expect(wrong.join("\n")).to.equal("");
    });

    it(`is accepted as it was written, also with values that a later version wouldn't accept: ${kind.name}`, async () => {
      const { deadlines: _, clusterUid: __, owner: ___, secretInputs: ____, ...older } = kind.state;
      const later = { mtu: 1, interfaceName: "eth0", vlan: 0, mode: "vxlan", replyVia: "both" };
      for (const state of [kind.state, older, { ...kind.state, ...later }])
        for (const [hook, error] of await outcomes(kind, state)) expect(messageOf(error), hook).to.not.match(refusal);
    });
  }

  const [ofVnic] = kinds as [Kind];

  it("is accepted with any addresses that a pod may have given its NIC", async () => {
    const seen = ["10.0.0.1/0", "224.0.0.1/32", "::/128", "255.255.255.255/32", "fe80::1/64"];
    const many = Array.from({ length: 250 }, (_, index) => `10.9.${index}.1/16`);
    for (const [hook, error] of await outcomes(ofVnic, { ...ofVnic.state, addresses: [...seen, ...many] }))
      expect(messageOf(error), hook).to.not.match(refusal);
  });

  it("is accepted of a Vnic that was looked up before it was realised", async () => {
    for (const [hook, error] of await outcomes(ofVnic, { ...ofVnic.state, node: "", podUid: "" }))
      expect(messageOf(error), hook).to.not.match(refusal);
  });

  it("is refused without the values of secret inputs", async () => {
    const secret = { ...ofVnic.state, interfaceName: 5, labels: "hidden-team", secretInputs: [["labels"]] };
    for (const [hook, error] of await outcomes(ofVnic, secret))
      expect(messageOf(error), hook).to.match(refusal).and.not.include("hidden-team");
    for (const [hook, error] of await outcomes(ofVnic, { ...secret, secretInputs: "labels" }))
      expect(messageOf(error), hook).to.include("secretInputs: ").and.not.include("hidden-team");
  });
});
