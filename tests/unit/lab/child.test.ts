import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "chai";
import { endOf, firstOutput, hasEnded, kill } from "../../lab/child.ts";

const start = (script: string) => spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });

describe("a child process", () => {
  for (const [how, script] of [
    ["by itself", "exit 3"],
    ["by a signal", "kill -9 $$"],
  ] as const)
    it(`that has ended ${how} needn't be awaited or killed`, async () => {
      const child = start(script);
      await once(child, "exit");
      expect(hasEnded(child)).to.equal(true);
      await endOf(child);
      await kill(child);
    });

  it("is killed and awaited", async () => {
    const child = start("exec sleep 60");
    await kill(child, "SIGTERM");
    expect(child.signalCode).to.equal("SIGTERM");
  });

  it("that can't be started has no end to wait for", async () => {
    await endOf(spawn("/no/such/program"));
  });

  it("is ready with its first output, and an error if it ends without any", async () => {
    expect(String(await firstOutput(start("echo ready; echo more")))).to.match(/^ready\n/);
    const failed: unknown = await firstOutput(start("exit 7")).catch((error: unknown) => error);
    expect(String(failed)).to.equal("Error: running sh -c exit 7: it ended (7)");
  });
});
