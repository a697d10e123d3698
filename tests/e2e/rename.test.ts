import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { type LinkRow } from "../support/kernel/machine.ts";
import { answersPing } from "../support/outside.ts";
import { podNetns } from "../support/pod-netns.ts";
import { setStage } from "../support/stage.ts";
import type { DeclaredVnic } from "../support/stack.ts";

/** Two Vnics with names from `names.json`. The second one is updated after the first one. */
const chain = `
  const { Vnic } = require("pulumi-vnic");
  const [first, second] = JSON.parse(require("fs").readFileSync("names.json", "utf8"));
  const shared = { pod: { namespace: "rename", name: "db" }, network: { parent: "eth1" } };
  const wire = new Vnic("wire", { ...shared, addresses: ["192.168.50.70/24"], interfaceName: first });
  new Vnic("other", { ...shared, addresses: ["192.168.50.71/24"], interfaceName: second }, { dependsOn: wire });
`;

describe("a change of interfaceName under the real engine", () => {
  const stage = setStage("rename", { db: "node1" });
  const [first, second] = ["192.168.50.70", "192.168.50.71"];

  const wire = (interfaceName: string): DeclaredVnic =>
    stage.declared("wire", "db", [`${first}/24`], { interfaceName });
  const other = (interfaceName: string): DeclaredVnic =>
    stage.declared("other", "db", [`${second}/24`], { interfaceName });
  const inPod = async (...argv: string[]) => {
    const netns = await podNetns(stage.bench, "db", "node1");
    return (await stage.bench.lab.exec("node1", ["nsenter", `--net=${netns}`, "--", ...argv])).stdout;
  };
  const nicNamed = async (name: string) =>
    (JSON.parse(await inPod("ip", "-j", "-d", "address")) as LinkRow[]).find(({ ifname }) => ifname === name);
  const answer = async (...hosts: string[]) => {
    for (const host of hosts) expect(await answersPing(stage.bench.lab, "lan1", host), host).to.equal(true);
  };
  /** The steps of a preview that aren't `same`. */
  const planned = async () => {
    const { steps } = JSON.parse(await stage.stack.must("preview", "--json")) as {
      steps: { op: string; urn: string }[];
    };
    return steps.filter(({ op }) => op !== "same").map(({ op, urn }) => `${op} ${urn.split("::").at(-1)}`);
  };
  /** Runs an `up` that must fail, and returns its output. */
  const failure = async () => {
    const { code, stdout } = await stage.stack.pulumi("up", "--yes", "--skip-preview");
    expect(code, stdout).not.to.equal(0);
    return stdout;
  };
  const storedNames = async () =>
    Object.fromEntries(
      (await stage.stack.vnics()).map(({ urn, inputs, outputs, initErrors }) => {
        expect(initErrors ?? []).to.deep.equal([]);
        expect(inputs?.["interfaceName"]).to.equal(outputs?.["interfaceName"]);
        return [urn.split("::").at(-1) ?? "", outputs?.["interfaceName"]];
      }),
    );
  const recordedName = () => stage.bench.kubectl("get", "vnic", "wire", "-o", "jsonpath={.spec.interfaceName}");

  it("8: is an update that a taken name fails while the NIC answers, and that a free name completes", async () => {
    await stage.stack.declare([wire("lan0")]);
    await stage.stack.up();
    const before = await nicNamed("lan0");
    const { uid } = (await stage.stored()).outputs ?? {};

    await inPod("ip", "link", "add", "made0", "type", "bridge");
    await stage.stack.declare([wire("made0")]);
    expect(await planned()).to.deep.equal(["update wire"]);
    expect(await failure()).to.include(
      `interfaceName: pod rename/db has an interface "made0" already, and it isn't this Vnic's; choose another name`,
    );
    await answer(first);
    expect((await nicNamed("lan0"))?.ifindex).to.equal(before?.ifindex);
    expect(await storedNames()).to.deep.equal({ wire: "lan0" });
    expect(await recordedName()).to.equal("lan0");
    await stage.bench.kubectl("wait", "--for=condition=Ready", "vnic/wire", "--timeout=120s");

    await inPod("ip", "link", "del", "made0");
    expect(await planned()).to.deep.equal(["update wire"]);
    await stage.stack.up();
    const after = await nicNamed("made0");
    expect([after?.ifindex, after?.address]).to.deep.equal([before?.ifindex, before?.address]);
    expect(await nicNamed("lan0")).to.equal(undefined);
    await answer(first);
    expect((await stage.stored()).outputs).to.deep.include({ uid, interfaceName: "made0" });
    expect((await stage.stored()).outputs?.["interface"]).to.include({ name: "made0" });
    await stage.stack.up("--refresh", "--expect-no-changes");
    await stage.stack.destroy();
  });

  it("is refused for both Vnics that exchange their names, and is done by way of a third name", async () => {
    await stage.stack.declare([wire("lan0"), other("lan1")]);
    await stage.stack.up();
    await stage.stack.declare([wire("lan1"), other("lan0")]);
    expect((await planned()).sort()).to.deep.equal(["update other", "update wire"]);
    const said = await failure();
    expect(said).to.match(/interfaceName: .* "lan1" already.*it is Vnic rename\/other's/);
    await answer(first, second);
    expect(await storedNames()).to.deep.equal({ wire: "lan0", other: "lan1" });

    for (const names of [
      ["spare0", "lan1"],
      ["spare0", "lan0"],
      ["lan1", "lan0"],
    ] as const) {
      await stage.stack.declare([wire(names[0]), other(names[1])]);
      await stage.stack.up();
    }
    expect(await storedNames()).to.deep.equal({ wire: "lan1", other: "lan0" });
    await answer(first, second);
    await stage.stack.destroy();
  });

  it("takes the name that another Vnic gives up in the same up if it depends on that one", async () => {
    const stack = await stage.anotherStack({ program: chain });
    const place = (...names: string[]) => writeFile(join(stack.folder, "project", "names.json"), JSON.stringify(names));
    await place("lan0", "lan1");
    await stack.up();
    await place("spare0", "lan0");
    await stack.up();
    const names = (await stack.vnics()).map(({ outputs }) => outputs?.["interfaceName"]);
    expect(names).to.have.members(["spare0", "lan0"]);
    await answer(first, second);
    await stack.destroy();
    await stack.remove();
  });
});
