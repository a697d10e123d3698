import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../provider/node/run.ts";
import { until } from "../../lab/run.ts";

const mebibyte = 2 ** 20;
const print = (mebibytes: number) => run("head", ["-c", String(mebibytes * mebibyte), "/dev/zero"]);

describe("a program that prints much, as a pod can make ip do,", () => {
  it("is read to its end, and ended beyond 16 MiB", async () => {
    const lengths = await Promise.all([1, 2, 15, 3].map(async (size) => (await print(size)).length / mebibyte));
    expect(lengths).to.deep.equal([1, 2, 15, 3]);
    const outcomes = await Promise.allSettled([print(17), print(2), print(18)]);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(["rejected", "fulfilled", "rejected"]);
    expect((outcomes[0] as PromiseRejectedResult).reason).to.match(/ended, as it printed more than 16 MiB/);
  });

  it("doesn't make others wait that print little", async () => {
    const folder = await mkdtemp(join(tmpdir(), "vnic-outputs-"));
    const [printed, go] = [join(folder, "printed"), join(folder, "go")];
    try {
      const script = `head -c ${2 * mebibyte} /dev/zero; touch ${printed}; until test -e ${go}; do sleep 0.1; done`;
      let ended = false;
      const slow = run("sh", ["-c", script]).then(() => (ended = true));
      await until("its output", 30, () => existsSync(printed) || undefined);
      await print(1);
      expect(ended).to.equal(false);
      await writeFile(go, "");
      await slow;
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("needs no more memory than an injection Job has, however many such programs run at once", () => {
    const module = JSON.stringify(join(import.meta.dirname, "..", "..", "..", "provider", "node", "run.ts"));
    const script = `
      import { readFileSync } from "node:fs";
      import { run } from ${module};
      const one = () => run("head", ["-c", String(15 * 2 ** 20), "/dev/zero"]).then((text) => text.length);
      await Promise.all(Array.from({ length: 24 }, one));
      // The kernel's resource usage of a process includes what its parent had in memory when it started it.
      process.stdout.write(/VmHWM:\\s*(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);`;
    // As Node.js chooses it in a container with 256 MiB.
    const heap = ["--max-old-space-size=128"];
    const { stdout, stderr } = spawnSync(process.execPath, [...heap, "--input-type=module", "--eval", script], {
      encoding: "utf8",
      env: { ...process.env, NODE_NO_WARNINGS: "1" },
    });
    expect(stderr).to.equal("");
    expect(Number(stdout) / 1024).to.be.within(40, 256);
  });
});
