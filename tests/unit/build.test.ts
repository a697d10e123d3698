import { expect } from "chai";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Each run of Pulumi and each start on a node loads these files, so they must not grow unnoticed. */
const mostKilobytes = {
  "hooks/client-*.mjs": 3050,
  "hooks/chunk-*.mjs": 520,
  "hooks/vnic.mjs": 62,
  "node/main.mjs": 3,
  "node/serve.cjs": 200,
  "node/agent.mjs": 2720,
  "reconciler/main.mjs": 2870,
};

describe("the built programs", () => {
  const dist = join(import.meta.dirname, "..", "..", "dist");
  for (const [program, most] of Object.entries(mostKilobytes))
    it(`${program} has at most ${most} kB`, () => {
      const [folder = "", name = ""] = program.split("/");
      const [start = "", end = ""] = name.split("*");
      const found = readdirSync(join(dist, folder)).filter((file) => file.startsWith(start) && file.endsWith(end));
      expect(found).to.not.deep.equal([]);
      const bytes = found.reduce((sum, file) => sum + statSync(join(dist, folder, file)).size, 0);
      expect(bytes / 1000).to.be.at.most(most);
    });
});
