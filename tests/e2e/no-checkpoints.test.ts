import { spawn } from "node:child_process";
import { expect } from "chai";
import { until } from "../lab/run.ts";
import { answersPing } from "../support/outside.ts";
import { setStage } from "../support/stage.ts";
import { withoutCheckpoints } from "../support/stack.ts";

const hosts = Array.from({ length: 6 }, (_, index) => `192.168.50.${70 + index}`);

describe("an engine that stores its state only at the end", () => {
  const stage = setStage("no-checkpoints", { db: "node2" });

  it("takes over what a killed run has made, without a refresh, and plans it as a creation", async () => {
    const stack = await stage.anotherStack({ env: withoutCheckpoints });
    await stack.declare(
      hosts.map((host, index) =>
        stage.declared(`wire-${index}`, "db", [`${host}/24`], { interfaceName: `lan${index}` }),
      ),
    );
    const nics = async () =>
      (await stage.bench.linksIn("db"))
        .filter(({ ifalias }) => ifalias !== undefined)
        .map(({ ifindex }) => ifindex)
        .sort();
    const firstRun = async () => {
      stage.proxy.fault(/^PATCH .*\/vnics\/wire-5\/status$/, "silence", Infinity);
      const [program = "", ...argv] = stack.argv("up", "--yes", "--skip-preview");
      const engine = spawn(program, argv, { ...stack.spawnOptions, stdio: "ignore" });
      const ended = new Promise((resolve) => engine.once("close", resolve));
      const links = await until("all NICs", 240, async () =>
        (await nics()).length === hosts.length ? nics() : undefined,
      );
      engine.kill("SIGKILL");
      await ended;
      stage.proxy.heal();
      await stack.must("cancel", "--yes");
      return links;
    };

    const made = await firstRun();
    expect(await stack.vnics(), "in the state").to.deep.equal([]);
    expect(await stack.must("preview"), "with the stack itself").to.include(` ${hosts.length + 1} to create`);
    await stack.up();
    expect(await nics(), "interface indexes").to.deep.equal(made);
    for (const host of hosts) expect(await answersPing(stage.bench.lab, "lan1", host), host).to.equal(true);
    await stack.up("--expect-no-changes", "--refresh");
    await stack.destroy();
    await stack.remove();
  });
});
