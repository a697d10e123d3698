import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const tests = join(import.meta.dirname, "..");

describe("the checks in tests/e2e/README.md", () => {
  it("have at least one test with their number each", () => {
    const rows = readFileSync(join(tests, "e2e", "README.md"), "utf8").matchAll(/^\| (\d+) +\|/gm);
    const wanted = [...rows].map(([, number]) => Number(number));
    expect(wanted).to.have.length(26);
    const files = ["e2e", "unit"].flatMap((folder) =>
      readdirSync(join(tests, folder), { recursive: true, encoding: "utf8" }).map((file) => join(tests, folder, file)),
    );
    const titles = files
      .filter((file) => file.endsWith(".test.ts"))
      .flatMap((file) => [...readFileSync(file, "utf8").matchAll(/\bit\(\s*["`]([\d, ]+):/g)])
      .flatMap(([, numbers = ""]) => numbers.split(",").map(Number));
    expect(wanted.filter((number) => !titles.includes(number))).to.deep.equal([]);
  });
});
