import { expect } from "chai";
import pLimit from "p-limit";
import { isVnicError, messageOf } from "../../../provider/base/errors.ts";
import { linkAlias } from "../../../provider/model/names.ts";
import type { Mode } from "../../../provider/model/network/mode.ts";
import type { InjectPlan } from "../../../provider/model/wire/session-protocol.ts";
import { type FakeNode, FakeNodes } from "../../fakes/node.ts";
import type { Fault } from "../../fakes/programs.ts";

/*
 * Each program that an operation starts fails once, in each way; or that program and all later ones fail until the
 * machine is repaired. Whatever the operation reports, it must not leave anything without a resource file or change
 * anything foreign, and the next injection and the next ejection must succeed.
 */

interface Operation {
  readonly what: string;
  readonly mode: Mode;
  /** Fields of the injected plan that differ from the node's plan. */
  readonly plan?: Partial<InjectPlan>;
  /** Fields of a plan that was injected before; undefined if none was. */
  readonly former?: Partial<InjectPlan>;
  readonly verb?: "eject";
  /** Whether the node's kernel is older than 6.2, and so renames no link that is up. */
  readonly oldKernel?: true;
}

const two = { addresses: ["192.168.50.10/24", "192.168.50.11/24"] };
const direct = { placement: "direct" } as const;
const both = { addresses: ["192.168.50.10/24", "fd50::10/64"] };
const operations: Operation[] = [
  { what: "an injection with mode macvlan", mode: "macvlan" },
  { what: "an injection with mode macvlan, direct", mode: "macvlan", plan: direct },
  { what: "an injection that probes", mode: "macvlan", plan: { duplicateAddressDetection: true } },
  { what: "an injection with mode bridge, direct", mode: "bridge", plan: direct },
  { what: "an injection with mode bridge", mode: "bridge" },
  { what: "an injection with mode host-device", mode: "host-device" },
  { what: "a change of addresses", mode: "macvlan", former: {}, plan: two },
  { what: "a change of the placement", mode: "macvlan", former: {}, plan: direct },
  { what: "a change of everything", mode: "macvlan", former: {}, plan: { ...two, mtu: 1400, interfaceName: "net2" } },
  ...(["macvlan", "bridge", "host-device"] as const).flatMap((mode): Operation[] => {
    const operation = { mode, former: both, plan: { ...both, interfaceName: "net2" } };
    return [
      { what: `a change of the name with mode ${mode}`, ...operation },
      { what: `a change of the name with mode ${mode} on an old kernel`, ...operation, oldKernel: true },
    ];
  }),
  { what: "a change of addresses with mode bridge", mode: "bridge", former: {}, plan: two },
  { what: "a change of addresses with mode host-device", mode: "host-device", former: {}, plan: two },
  { what: "an ejection with mode macvlan", mode: "macvlan", former: {}, verb: "eject" },
  { what: "an ejection with mode bridge", mode: "bridge", former: {}, verb: "eject" },
  { what: "an ejection with mode host-device", mode: "host-device", former: {}, verb: "eject" },
];

describe("when a program fails", () => {
  let nodes: FakeNodes;
  before(async () => {
    nodes = await FakeNodes.open();
  });
  after(() => nodes.close());

  /** A node on which the operation can begin. */
  async function prepare({ mode, former, oldKernel }: Operation): Promise<{ node: FakeNode; pristine: unknown }> {
    const node = nodes.add(mode);
    node.kernel.renamesLinksThatAreUp = !oldKernel;
    const pristine = structuredClone(node.others());
    if (former) await node.inject(former);
    return { node, pristine };
  }

  const operate = (node: FakeNode, { verb, plan }: Operation): Promise<unknown> =>
    verb === "eject" ? node.eject() : node.inject(plan);

  async function assertWhole(node: FakeNode, plan: Partial<InjectPlan> = {}): Promise<void> {
    const { interfaceName, mac, addresses, mtu = 1500, vnic } = { ...node.plan, ...plan };
    const wanted = { mac, addresses, mtu, up: true, alias: linkAlias(vnic.uid) };
    expect(node.nic(interfaceName)).to.deep.include(wanted);
    expect(node.ours().filter((link) => link.endsWith("the pod"))).to.deep.equal([`${interfaceName} in the pod`]);
    expect(await node.step()).to.equal("attached");
    expect(await node.files()).to.have.length(1);
  }

  async function assertGone(node: FakeNode, before: unknown): Promise<void> {
    expect(node.ours()).to.deep.equal([]);
    expect(await node.files()).to.deep.equal([]);
    expect(node.others()).to.deep.equal(before);
  }

  async function meet(operation: Operation, call: number, fault: Fault, lasts: boolean): Promise<void> {
    const { mode, plan, former, verb } = operation;
    const { node, pristine } = await prepare(operation);
    const foreign = structuredClone(node.others());
    node.programs.failAt(call, fault, lasts);
    const error: unknown = await operate(node, operation).then(
      () => undefined,
      (caught: unknown) => caught ?? new Error("an error without an error"),
    );
    node.programs.heal();

    if (error !== undefined) {
      expect(isVnicError(error, "failed", "refused"), messageOf(error)).to.equal(true);
      expect(messageOf(error)).to.match(/\b(ip|bridge|sysctl|arping|nsenter)\b|who has/);
    }
    if (node.ours().length > 0) expect(await node.files(), node.ours().join()).to.not.deep.equal([]);
    if (mode !== "host-device") expect(node.others()).to.deep.equal(foreign);
    if (error !== undefined && !lasts && !former) await assertGone(node, foreign);
    if (error === undefined && verb === undefined) await assertWhole(node, plan);

    if (verb === undefined) {
      await node.inject(plan);
      await assertWhole(node, plan);
    }
    await node.eject();
    await assertGone(node, pristine);
  }

  /** The relevant faults of a program: one that prints links, one that changes links (and may print them afterwards), or any other. */
  const faultsOf = (program: string): readonly Fault[] => {
    if (program.includes("show") || program.includes("list-id"))
      return ["unstarted", "hung", "silent", "cut off", "garbled"];
    const changing: readonly Fault[] = ["unstarted", "refused", "half done", "hung"];
    if (program.includes("-j -d -batch")) return [...changing, "silent", "cut off", "garbled"];
    return program.includes("-batch") ? changing : ["unstarted", "refused", "garbled"];
  };

  for (const operation of operations)
    it(`${operation.what} is undone or can be resumed`, async () => {
      const { node: undisturbed } = await prepare(operation);
      const { length } = undisturbed.programs.started;
      await operate(undisturbed, operation);
      const programs = undisturbed.programs.started.slice(length);
      expect(programs.length).to.be.greaterThan(2);
      const limit = pLimit(500);
      const problems: string[] = [];
      const cases = programs.flatMap((program, index) =>
        faultsOf(program).flatMap((fault) =>
          (fault === "hung" ? [false] : [false, true]).map((lasts) => ({ program, call: index + 1, fault, lasts })),
        ),
      );
      await Promise.all(
        cases.map(({ program, fault, lasts, call }) =>
          limit(() =>
            meet(operation, call, fault, lasts).catch((error: unknown) => {
              problems.push(`${call}, ${program}, ${fault}${lasts ? " from then on" : ""}: ${messageOf(error)}`);
            }),
          ),
        ),
      );
      expect(problems).to.deep.equal([]);
    });
});
