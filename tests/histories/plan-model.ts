import type { Choice } from "./choice.ts";

/* A program with resources of all three kinds. The inputs of each may come from other resources' outputs. */

interface LanEntry {
  readonly kind: "Network";
  readonly name: string;
  readonly parent: string;
  readonly mtu: number | undefined;
}

interface WireEntry {
  readonly kind: "Vnic";
  readonly name: string;
  readonly pod: string;
  /** JavaScript of the input `network`. */
  readonly network: string;
  /** JavaScript of the input `addresses`; undefined for DHCP. */
  readonly addresses: string | undefined;
  readonly mtu: number | undefined;
  /** JavaScript of the input `labels`. */
  readonly labels: string;
  readonly formerly: string | undefined;
}

interface SetEntry {
  readonly kind: "VnicSet";
  readonly name: string;
  readonly app: string;
  readonly network: string;
  readonly mtu: number | undefined;
}

/** One resource of the program. */
export type Entry = LanEntry | WireEntry | SetEntry;

/** The engine's operation on a resource. */
type Op = "create" | "update" | "replace" | "delete" | "same";

/** One change of the program. */
export interface PlanStep {
  /** A description of each operation. */
  readonly operations: readonly string[];
  /** The new names of resources that are renamed by an alias. */
  readonly renamed: readonly string[];
  /** The expected operation for each resource whose inputs don't come from a changed resource, directly or by way of others. */
  readonly expected: ReadonlyMap<string, Op>;
}

const pods = ["db-0", "db-1", "db-2"];
const most = 60;

export class PlanModel {
  private entries: Entry[] = [];
  private readonly choice: Choice;
  private number = 0;
  /**
   * An input of the resource `source`. In the preview of a step that increments this number, the output of `source` is
   * unknown.
   */
  private round = 0;

  constructor(choice: Choice) {
    this.choice = choice;
  }

  get resources(): readonly Entry[] {
    return this.entries;
  }

  /** The current program, in JavaScript. */
  program(): string {
    const source = `const source = new Source("source", ["192.168.51.7/24"], ${this.round});`;
    return [source, ...this.entries.map(statementOf)].join("\n");
  }

  /** Draws a step with the given number of operations, each on a different resource. */
  next(operations: number): PlanStep {
    const words: string[] = [];
    const touched = new Map<string, Op>();
    const note = (name: string, op: Op, word: string) => {
      touched.set(name, op);
      words.push(`${word} ${name}`);
    };
    this.entries = this.entries.map((entry) => (entry.kind === "Vnic" ? { ...entry, formerly: undefined } : entry));
    for (let count = 0; count < operations; count++) {
      const free = this.entries.filter(({ name }) => !touched.has(name));
      if (free.length === 0 || (this.entries.length < most && this.choice.happens(30))) this.create(note);
      else this.change(this.choice.one(free), note);
    }
    const unknown = this.choice.happens(15);
    if (unknown) this.round++;
    const expected = new Map<string, Op>();
    const uncertain = this.dependentsOf([...touched.keys(), ...(unknown ? ["source"] : [])]);
    for (const { name } of this.entries) if (!uncertain.has(name)) expected.set(name, touched.get(name) ?? "same");
    for (const [name, op] of touched) if (op === "delete") expected.set(name, op);
    if (unknown) words.push("make another's outputs unknown");
    const renamed = this.entries.flatMap((entry) => (entry.kind === "Vnic" && entry.formerly ? [entry.name] : []));
    return { operations: words, renamed, expected };
  }

  /**
   * The resources whose inputs come from one of these, directly or through other resources. They may be planned in
   * several ways, because a preview doesn't know the outputs of a changed resource.
   */
  private dependentsOf(changing: readonly string[]): Set<string> {
    const dependents = new Set<string>();
    for (let before = -1; dependents.size > before;) {
      before = dependents.size;
      for (const entry of this.entries) {
        const { name, ...inputs } = entry;
        const text = JSON.stringify(inputs);
        if ([...changing, ...dependents].some((one) => one !== name && mentions(text, one))) dependents.add(name);
      }
    }
    return dependents;
  }

  private create(note: Note): void {
    const { choice } = this;
    const number = ++this.number;
    const mtu = choice.happens(40) ? 1300 + choice.below(100) : undefined;
    const kind = choice.one(["Network", "Vnic", "Vnic", "Vnic", "VnicSet"] as const);
    const name = `${kind.toLowerCase()}${number}`;
    this.entries.push(this.made(kind, name, mtu));
    note(name, "create", "create");
  }

  private made(kind: Entry["kind"], name: string, mtu: number | undefined): Entry {
    const { choice } = this;
    switch (kind) {
      case "Network":
        return { kind, name, parent: choice.one(["eth1", "eth2"]), mtu };
      case "Vnic":
        return { kind, name, pod: choice.one(pods), ...this.wiring(), mtu, formerly: undefined };
      case "VnicSet":
        return { kind, name, app: "db", network: this.network(), mtu };
    }
  }

  private wiring(): Pick<WireEntry, "network" | "addresses" | "labels"> {
    const { choice } = this;
    const peers = this.namesOf("Vnic");
    const address = () => JSON.stringify([`10.${choice.below(200)}.${choice.below(200)}.${1 + choice.below(200)}/8`]);
    const addresses = choice.one([address(), address(), "source.out", ""]) || undefined;
    const labels =
      peers.length > 0 && choice.happens(40)
        ? `{ peer: ${choice.one(peers)}.${choice.one(["interfaceName", "node"])} }`
        : `{ tier: "a" }`;
    return { network: this.network(), addresses, labels };
  }

  /** JavaScript of an input `network`: a Network of the program, its name or its fields, or an inline network. */
  private network(): string {
    const { choice } = this;
    const lans = this.namesOf("Network");
    if (lans.length === 0 || choice.happens(25)) return `{ parent: "eth1" }`;
    const lan = choice.one(lans);
    return choice.one([lan, lan, `${lan}.name`, `{ parent: ${lan}.parent, vlan: ${lan}.vlan }`]);
  }

  private namesOf(kind: Entry["kind"]): string[] {
    return this.entries.filter((entry) => entry.kind === kind).map(({ name }) => name);
  }

  private change(entry: Entry, note: Note): void {
    const { choice } = this;
    const set = (changed: Entry, op: Op, word: string) => {
      this.entries = this.entries.map((one) => (one === entry ? changed : one));
      note(changed.name, op, word);
    };
    const isUsed = this.entries.some((one) => one !== entry && mentions(JSON.stringify(one), entry.name));
    const resize = () => set(resized(entry, choice), "update", "resize");
    const remove = () => {
      if (isUsed) return resize();
      this.entries = this.entries.filter((one) => one !== entry);
      note(entry.name, "delete", "delete");
    };
    const edits: (() => void)[] = [resize, remove];
    if (entry.kind === "Network")
      edits.push(() => set({ ...entry, parent: entry.parent === "eth1" ? "eth2" : "eth1" }, "update", "replug"));
    if (entry.kind === "VnicSet")
      edits.push(() => set({ ...entry, app: `app${++this.number}` }, "update", "select by"));
    if (entry.kind === "Vnic") {
      edits.push(
        () => set({ ...entry, labels: `{ round: "r${++this.number}" }` }, "update", "label"),
        () => set({ ...entry, pod: choice.one(pods.filter((pod) => pod !== entry.pod)) }, "replace", "move"),
        () =>
          set(
            { ...entry, addresses: `["10.201.${choice.below(200)}.${++this.number % 250}/8"]` },
            "update",
            "readdress",
          ),
      );
      const name = `vnic${++this.number}`;
      if (!isUsed) edits.push(() => set({ ...entry, name, formerly: entry.name }, "same", "rename to"));
    }
    choice.one(edits)();
  }
}

type Note = (name: string, op: Op, word: string) => void;

function resized(entry: Entry, choice: Choice): Entry {
  const mtu = entry.mtu === undefined ? 1300 + choice.below(50) : entry.mtu + 1;
  return { ...entry, mtu };
}

function mentions(text: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(text);
}

function statementOf(entry: Entry): string {
  const mtu = entry.mtu === undefined ? "" : `, mtu: ${entry.mtu}`;
  const variable = `const ${entry.name} =`;
  switch (entry.kind) {
    case "Network":
      return `${variable} new Network("${entry.name}", { parent: "${entry.parent}"${mtu} });`;
    case "VnicSet":
      return `${variable} new VnicSet("${entry.name}", { selector: { app: "${entry.app}" }, template: { network: ${entry.network}${mtu} } });`;
    case "Vnic": {
      const { name, pod, network, addresses, labels, formerly } = entry;
      const given = addresses === undefined ? "dhcp: {}" : `addresses: ${addresses}`;
      const options = formerly === undefined ? "" : `, { aliases: [{ name: "${formerly}" }] }`;
      return `${variable} new Vnic("${name}", { pod: { namespace: "shop", name: "${pod}" }, network: ${network}, ${given}, labels: ${labels}${mtu} }${options});`;
    }
  }
}
