import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { run } from "../../../provider/node/run.ts";

const mebibyte = 2 ** 20;
const print = (mebibytes: number) => run("head", ["-c", String(mebibytes * mebibyte), "/dev/zero"]);

describe("a program that prints much, as a pod can make ip do,", function () {
  this.timeout(60_000);

  it("is read to its end, and ended beyond 16 MiB", async () => {
    const lengths = await Promise.all([1, 2, 15, 3].map(async (size) => (await print(size)).length / mebibyte));
    expect(lengths).to.deep.equal([1, 2, 15, 3]);
    const outcomes = await Promise.allSettled([print(17), print(2), print(18)]);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(["rejected", "fulfilled", "rejected"]);
    expect((outcomes[0] as PromiseRejectedResult).reason).to.match(/ended, as it printed more than 16 MiB/);
  });

  it("doesn't make others wait that print little", async () => {
    let ended = false;
    const slow = run("sh", ["-c", `head -c ${2 * mebibyte} /dev/zero; sleep 1`]).then(() => (ended = true));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await print(1);
    expect(ended).to.equal(false);
    await slow;
  });

  it("needs no more memory than an injection Job has, however many such programs run at once", () => {
    const module = JSON.stringify(join(import.meta.dirname, "..", "..", "..", "provider", "node", "run.ts"));
    const script = `
      import { run } from ${module};
      const one = () => run("head", ["-c", String(15 * 2 ** 20), "/dev/zero"]).then((text) => text.length);
      await Promise.all(Array.from({ length: 24 }, one));
      process.stdout.write(String(process.resourceUsage().maxRSS / 1024));`;
    // As Node.js chooses it in a container with 256 MiB.
    const heap = ["--max-old-space-size=128"];
    const { stdout, stderr } = spawnSync(process.execPath, [...heap, "--input-type=module", "--eval", script], {
      encoding: "utf8",
      env: { ...process.env, NODE_NO_WARNINGS: "1" },
    });
    expect(stderr).to.equal("");
    expect(Number(stdout)).to.be.within(40, 256);
  });
});
