import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { watchFolder } from "../../../provider/agent/watch-folder.ts";

describe("watching a folder", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "vnic-watch-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("reports each change", async () => {
    const warnings: string[] = [];
    const changed = new Promise<void>((resolve) => watchFolder(folder, resolve, (text) => warnings.push(text)));
    await writeFile(join(folder, "netns"), "");
    await changed;
    expect(warnings).to.deep.equal([]);
  });

  it("is no error when it isn't possible, but a warning", () => {
    const warnings: string[] = [];
    const missing = join(folder, "missing");
    watchFolder(
      missing,
      () => undefined,
      (text) => warnings.push(text),
    );
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(new RegExp(`^watching ${missing}: .*ENOENT.*; changes are noticed later$`));
  });
});
