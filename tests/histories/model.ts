import { nodes, type Node } from "../lab/layout.ts";
import type { Choice } from "./choice.ts";
import { numberedMac } from "../support/octets.ts";

/*
 * The expected state: the Vnics that a program declares, the nodes of its pods, and the plan that a change must have.
 */

export const namespace = "histories";
export const podNames = ["pod-0", "pod-1", "pod-2", "pod-3"] as const;

/** A Vnic as the program declares it; `slot` is its identity across renames. */
export interface Wire {
  readonly slot: number;
  readonly resource: string;
  readonly pod: string;
  readonly addresses: readonly string[];
  readonly interfaceName: string;
  readonly mac: string;
  readonly mtu?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly adopt?: boolean;
  /** The resource's name in the previous step. */
  readonly formerly?: string;
}

/** The engine's operation on a resource in one run. */
export type Op = "create" | "update" | "replace" | "delete" | "same";

/** Manual changes to an existing Vnic. */
export const damages = [
  "link deleted",
  "address removed",
  "address added",
  "MTU changed",
  "link down",
  "MAC changed",
  "file lost",
  "record lost",
] as const;
export type Damage = (typeof damages)[number];

/** An event outside of the program before its next run. */
export type Event =
  | { readonly kind: "damage"; readonly wire: Wire; readonly damage: Damage; readonly address: string }
  | { readonly kind: "record made by kubectl"; readonly wire: Wire }
  | { readonly kind: "state lost"; readonly wire: Wire }
  | { readonly kind: "pod replaced"; readonly pod: string; readonly node: Node };

/** One run of the program, and the changes before it. */
export interface Step {
  /** A description of each operation. */
  readonly operations: readonly string[];
  readonly events: readonly Event[];
  /** The expected operation for each resource, by the last part of its URN. */
  readonly expected: ReadonlyMap<string, Op>;
  /** Addresses that are or were held, or were added by hand. */
  readonly addresses: ReadonlySet<string>;
}

/** The name of a wire's record. */
export function recordName({ slot }: Pick<Wire, "slot">): string {
  return `wire-${slot}`;
}

const slots = 96;
/** All addresses of the lab's LAN except those of its router, its DHCP server and its hosts. */
export const pool = [
  ...Array.from({ length: 98 }, (_, index) => `192.168.50.${index + 2}/24`),
  ...Array.from({ length: 50 }, (_, index) => `192.168.50.${index + 151}/24`),
  ...Array.from({ length: 300 }, (_, index) => `fd50::${(index + 2).toString(16)}/64`),
];

export class Model {
  readonly wires = new Map<number, Wire>();
  readonly nodeOf = new Map<string, Node>(podNames.map((pod, index) => [pod, nodes[index % nodes.length] ?? "node1"]));
  private readonly choice: Choice;
  private names = 0;

  constructor(choice: Choice) {
    this.choice = choice;
  }

  /**
   * Draws the next step with the given number of operations, each on a different Vnic, and updates the model to the
   * state after it.
   */
  next(operations: number): Step {
    for (const [slot, { formerly: _, ...wire }] of this.wires) this.wires.set(slot, wire);
    const before = new Map(this.wires);
    const words: string[] = [];
    const events: Event[] = [];
    const expected = new Map<string, Op>();
    const free = new Set(Array.from({ length: slots }, (_, slot) => slot));
    const taken = new Set([...before.values()].flatMap(({ addresses }) => addresses));
    const drawAddress = (family = "") => {
      const address = this.choice.one(pool.filter((one) => one.includes(family) && !taken.has(one)));
      taken.add(address);
      return address;
    };
    for (let count = 0; count < operations && free.size > 0; count++) {
      const slot = this.choice.one([...free]);
      free.delete(slot);
      const wire = before.get(slot);
      if (wire) this.change(wire, { drawAddress, words, events, expected });
      else this.create(slot, { drawAddress, words, events, expected });
    }
    if (this.choice.happens(20)) this.replacePod({ drawAddress, words, events, expected });
    for (const { resource } of this.wires.values()) if (!expected.has(resource)) expected.set(resource, "same");
    return { operations: words, events, expected, addresses: taken };
  }

  private create(slot: number, { drawAddress, words, events, expected }: Draft): void {
    const { choice } = this;
    const byKubectl = choice.happens(15);
    const wire: Wire = {
      slot,
      resource: `r${++this.names}`,
      pod: choice.one(podNames),
      addresses: Array.from({ length: 1 + choice.below(2) }, () => drawAddress()),
      interfaceName: `net${1000 + this.names}`,
      mac: this.drawMac(),
      ...(choice.happens(30) ? { mtu: 1300 + choice.below(200) } : {}),
      ...(byKubectl ? { adopt: true } : {}),
    };
    if (byKubectl) events.push({ kind: "record made by kubectl", wire });
    this.wires.set(slot, wire);
    expected.set(wire.resource, "create");
    words.push(`${byKubectl ? "adopt" : "create"} ${wire.resource}`);
  }

  private change(wire: Wire, { drawAddress, words, events, expected }: Draft): void {
    const { choice } = this;
    const { slot, resource } = wire;
    const set = (changes: Partial<Wire>, op: Op, word: string) => {
      const changed = { ...wire, ...changes };
      this.wires.set(slot, changed);
      expected.set(changed.resource, op);
      words.push(`${word} ${resource}`);
    };
    const edits: (() => void)[] = [
      () => set({ addresses: [...wire.addresses.slice(1), drawAddress()] }, "update", "readdress"),
      () => set({ addresses: [...wire.addresses, drawAddress()] }, "update", "add an address to"),
      () => set({ mtu: wire.mtu === 1280 ? 1400 : 1280 }, "update", "resize"),
      () => set({ labels: { round: String(++this.names) } }, "update", "label"),
      () => set({ pod: choice.one(podNames.filter((pod) => pod !== wire.pod)) }, "replace", "move"),
      () => set({ interfaceName: `net${1000 + ++this.names}` }, "update", "rename the NIC of"),
      () => set({ mac: this.drawMac() }, "replace", "change the MAC of"),
      () => set({ resource: `r${++this.names}`, formerly: resource }, "same", "rename"),
      () => {
        events.push({ kind: "state lost", wire });
        set({ adopt: true }, "create", "forget");
      },
      () => {
        this.wires.delete(slot);
        expected.set(resource, "delete");
        words.push(`delete ${resource}`);
      },
    ];
    if (choice.happens(60)) return choice.one(edits)();
    const damage = choice.one(damages);
    // A NIC without an IPv6 address has IPv6 off, and can't get an IPv6 address by hand.
    events.push({ kind: "damage", wire, damage, address: drawAddress(".") });
    expected.set(resource, "update");
    words.push(`${damage} of ${resource}`);
  }

  /** Replaces a pod by another pod with the same name, possibly on another node. Its Vnics move with it. */
  private replacePod({ words, events, expected }: Draft): void {
    const pod = this.choice.one(podNames);
    const node = this.choice.one(nodes);
    this.nodeOf.set(pod, node);
    for (const wire of this.wires.values()) {
      const op = expected.get(wire.resource) ?? "same";
      if (wire.pod !== pod || (op !== "same" && op !== "update")) continue;
      expected.set(wire.resource, "update");
    }
    events.push({ kind: "pod replaced", pod, node });
    words.push(`replace ${pod}, now on ${node}`);
  }

  private drawMac(): string {
    const number = ++this.names;
    return numberedMac("02:00:5e:00", number);
  }
}

interface Draft {
  readonly drawAddress: (family?: string) => string;
  readonly words: string[];
  readonly events: Event[];
  readonly expected: Map<string, Op>;
}
