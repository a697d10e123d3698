import { expect } from "chai";
import { readFileSync } from "node:fs";
import { page, pageText, shipped } from "../../../scripts/licences.ts";

/** SPDX identifiers of licences that only require a notice. */
const permissive = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "PSF-2.0",
  "Python-2.0",
  "Unlicense",
];

describe("the licences of what we distribute", () => {
  it("are listed in docs/licences.md (otherwise: npm run docs:licences)", async () => {
    expect(readFileSync(page, "utf8")).to.equal(await pageText());
  });

  it("require nothing but a notice", () => {
    const packages = shipped();
    expect(packages.map(({ name }) => name)).to.include.members(["zod", "@kubernetes/client-node"]);
    const parts = (licence: string) => licence.replace(/[()]/g, "").split(/ (?:AND|OR) /);
    const others = packages.filter(({ licence }) => !parts(licence).every((part) => permissive.includes(part)));
    expect(others).to.deep.equal([]);
  });
});
