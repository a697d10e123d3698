import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { kernelPrograms } from "../../support/kernel/prepare.ts";

/* A program that is only installed for another tier is missing if the kernel tier runs first on a fresh machine. */

const tests = join(import.meta.dirname, "..", "..");
/** On every Debian: coreutils, the shell, and mount. */
const everywhere = ["cat", "dd", "env", "mkfifo", "mount", "sh", "stat", "stdbuf", "true", "umount"];

/** The first words of the commands in a source file, as far as they are written out. */
function programsIn(source: string): string[] {
  return [...source.matchAll(/\b(?:spawn|must|run|enter)\(\s*\[\s*"([a-z][\w-]*)"/g)].map(([, name = ""]) => name);
}

describe("the programs of the kernel tier", () => {
  const files = ["kernel", "support/kernel"].flatMap((folder) =>
    readdirSync(join(tests, folder), { encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join(tests, folder, file)),
  );

  it("are all among those that it installs", () => {
    const used = new Set(files.flatMap((file) => programsIn(readFileSync(file, "utf8"))));
    expect(used).to.include("ip").and.to.include("tcpdump");
    expect([...used].filter((name) => ![...kernelPrograms, ...everywhere].includes(name))).to.deep.equal([]);
  });
});
