import { up } from "../lab/index.ts";
import { installPlatform } from "../support/cluster.ts";
import { assertNothingLeft } from "../support/leaks.ts";

// Runs on each lab after all of its test files; see lanes.ts.
describe("the lab, after its tests", () => {
  it("has no trace of any Vnic or session", async () => {
    const lab = await up();
    await installPlatform(lab.kubectl);
    await assertNothingLeft(lab);
  });
});
