import { expect } from "chai";
import { leaveOutDebugStacks } from "../../../sdk/debug-stacks.ts";
import { Network, Vnic, VnicSet } from "../../../sdk/index.ts";
import { recordRegistrations } from "../../fakes/registrations.ts";

/** Declares each kind of resource with that name. */
const declarations: readonly ((name: string) => unknown)[] = [
  (name) => new Network(name, { parent: "eth1" }),
  (name) => new Vnic(name, { pod: { name: "db-0" }, network: { parent: "eth1" } }),
  (name) => new VnicSet(name, { selector: { app: "db" }, template: { network: { parent: "eth1" } } }),
];

/** A function with this name is in the stack trace of an error that a declaration throws. */
function declaredHere(declare: (name: string) => unknown): unknown {
  try {
    return declare("");
  } catch (error) {
    return error;
  }
}

describe("the stack traces of a program", () => {
  before(() => recordRegistrations());

  it("are as long after a declaration as before", () => {
    const before = Error.stackTraceLimit;
    for (const declare of declarations) {
      declare("wire");
      declaredHere(declare);
      expect(Error.stackTraceLimit).to.equal(before);
    }
  });

  it("of an error in the engine's SDK lead to the declaration", () => {
    for (const declare of declarations) {
      const error = declaredHere(declare) as Error;
      expect(error).to.be.instanceOf(Error);
      expect(error.message).to.match(/name/i);
      expect(error.stack).to.include("declaredHere");
    }
  });

  it("are complete when the engine is asked to show the promises that are left", () => {
    process.env["PULUMI_DEBUG_PROMISE_LEAKS"] = "true";
    try {
      const before = Error.stackTraceLimit;
      const restore = leaveOutDebugStacks();
      expect(Error.stackTraceLimit).to.equal(before);
      restore();
    } finally {
      delete process.env["PULUMI_DEBUG_PROMISE_LEAKS"];
    }
  });
});
