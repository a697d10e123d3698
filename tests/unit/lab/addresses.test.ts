import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ipaddr from "ipaddr.js";
import { subnet } from "../../bench/ground.ts";
import { pool } from "../../histories/model.ts";
import { lan } from "../../lab/layout.ts";
import { demo } from "../../support/demo.ts";
import { root } from "../../support/documents.ts";

/** Everything that runs on a lab, beside the demo whose objects stay there. */
const folders = ["bench", "e2e", "histories", "lab", "lifecycle", "reconciler", "soak"];

/** The source files below a folder of tests. */
function sourcesIn(folder: string): { file: string; text: string }[] {
  const path = join(root, "tests", folder);
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => ({ file: join(folder, file), text: readFileSync(join(path, file), "utf8") }));
}

/** Where a pattern matches: file, line and the matched text. */
function found(pattern: RegExp, sources: readonly { file: string; text: string }[]): string[] {
  return sources.flatMap(({ file, text }) =>
    [...text.matchAll(new RegExp(pattern, "g"))].map(
      ({ index, 0: match }) => `${file}:${text.slice(0, index).split("\n").length}: ${match}`,
    ),
  );
}

const escaped = (text: string): string => text.replaceAll(".", "\\.");
const isIn = (address: string, cidr: string): boolean => ipaddr.parse(address).match(ipaddr.parseCIDR(cidr));

describe("what runs on the lab at the same time", () => {
  const lanPrefix = lan.subnet.replace(/\d+\/24$/, "");
  const tests = folders.filter((folder) => folder !== "bench").flatMap(sourcesIn);
  const benches = sourcesIn("bench");

  it("leaves the demo its address", () => {
    const own = new RegExp(`\\b${escaped(demo.address)}\\b`);
    expect(found(own, [...tests, ...benches])).to.deep.equal([]);
    expect(pool.filter((address) => address.startsWith(`${demo.address}/`))).to.deep.equal([]);
    expect(isIn(demo.address, lan.subnet), "on the LAN").to.equal(true);
    const fixed = [lan.router, ...Object.values(lan.hosts)].map(({ ipv4 }) => ipv4);
    expect(fixed).to.not.include(demo.address);
    const last = (address: string) => Number(address.split(".").at(-1));
    expect(last(demo.address)).to.not.be.within(last(lan.dhcp.from), last(lan.dhcp.to));
  });

  it("leaves the demo its namespace", () => {
    const own = new RegExp(`(?:namespace[:,=]|setStage\\(|-n",?) *"?${demo.namespace}"`);
    // The plans have no cluster.
    const onLab = [...tests, ...benches].filter(({ file }) => file !== "histories/plan-model.ts");
    expect(found(own, onLab)).to.deep.equal([]);
  });

  it("has another subnet in benchmarks than in tests", () => {
    expect(found(new RegExp(`\\b${escaped(lanPrefix)}`), benches)).to.deep.equal([]);
    expect(found(new RegExp(`(?<![\\d.])${escaped(subnet)}\\.`), tests)).to.deep.equal([]);
    expect(isIn(`${subnet}.0.1`, lan.subnet)).to.equal(false);
  });
});
