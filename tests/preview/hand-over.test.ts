import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { Project } from "./project.ts";

/** The order of the engine's operations when an address moves from one resource to another. */
describe("an address that one up moves from one resource to another", () => {
  const calls = join(tmpdir(), `vnic-calls-${randomUUID()}`);
  const wire = (resource: string, pod: string, more = "") =>
    `new Vnic("${resource}", { name: "${resource}", pod: { namespace: "shop", name: "${pod}" }, network: { parent: "eth1" }, addresses: ["192.168.50.10/24"] }${more});`;

  let project: Project;
  before(async () => {
    project = await Project.create({ VNIC_CALLS: calls, VNIC_CREATE_MILLISECONDS: "1500" });
    await project.program(wire("first", "db-0"));
    await project.stack.up();
  });
  after(async () => {
    await project.remove();
    await rm(calls, { force: true });
  });

  /** The calls of one `up`. */
  const calledBy = async (program: string) => {
    const before = (await readFile(calls, "utf8")).length;
    await project.program(program);
    await project.stack.up();
    return (await readFile(calls, "utf8")).slice(before).split("\n").filter(Boolean);
  };

  it("is requested before it is free, as each create ends before a delete begins", async () => {
    expect(await calledBy(wire("second", "db-1"))).to.deep.equal([
      "create second begins",
      "create second ends",
      "delete first",
    ]);
  });

  it("is free in time if an alias makes both one resource", async () => {
    expect(await calledBy(wire("third", "db-2", `, { aliases: [{ name: "second" }] }`))).to.deep.equal([
      "delete second",
      "create third begins",
      "create third ends",
    ]);
  });

  it("is free when a second up requests it", async () => {
    expect(await calledBy("")).to.deep.equal(["delete third"]);
    expect(await calledBy(wire("fourth", "db-3"))).to.deep.equal(["create fourth begins", "create fourth ends"]);
  });
});
