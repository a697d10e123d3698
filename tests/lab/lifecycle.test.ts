import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { findRemains } from "./down.ts";
import { down, up } from "./index.ts";

describe("start and end of the lab", function () {
  this.timeout(15 * 60_000); // the first start builds Kubernetes

  before(async () => {
    await up(); // The first start downloads and builds everything.
  });

  after(async () => {
    await up(); // Start the lab again, because later tests need it.
  });

  it("leaves nothing behind when it is taken down", async () => {
    await down();
    expect(findRemains()).to.deep.equal([]);
    await down(); // A second `down` is not an error.
  });

  for (const seconds of [0.3, 0.6, 1.5, 4]) {
    it(`leaves nothing behind when its start was killed after ${seconds} s`, async () => {
      const argv = [join(import.meta.dirname, "main.ts"), "up"];
      const starting = spawn(process.execPath, argv, { stdio: ["ignore", "ignore", "pipe"] });
      let words = "";
      starting.stderr.on("data", (chunk: Buffer) => (words += chunk.toString()));
      // From the beginning, because a start that fails ends before it is killed.
      const ended = once(starting, "close");
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      starting.kill("SIGKILL");
      const [code, signal] = (await ended) as [number | null, string | null];
      expect({ code, signal }, words).to.deep.equal({ code: null, signal: "SIGKILL" });
      await down();
      expect(findRemains()).to.deep.equal([]);
    });
  }
});
