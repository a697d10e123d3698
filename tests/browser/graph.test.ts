import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { graphOf } from "../../provider/model/overview/graph.ts";
import { renderPage } from "../../provider/model/overview/page.ts";
import { many, now } from "../fakes/drawn-records.ts";
import { browse } from "./chromium.ts";

describe("the page of a graph", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "vnic-graph-"));
    writeFileSync(join(folder, "graph.html"), renderPage(graphOf(many, [], now), "Vnics"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const show = (fragment: string, option: string) =>
    browse({ page: `file://${join(folder, "graph.html")}${fragment}`, profile: join(folder, "profile"), option });

  it("shows everything, and filters by text", async () => {
    expect(await show("", "--dump-dom")).to.match(/<output id="count">200 of 200 NICs</);
    const filtered = await show("#filter=node1+parentdown", "--dump-dom");
    const wanted = many.filter(({ status }) => status?.node === "node1" && status.conditions[0]?.status === "False");
    expect(filtered).to.include(`>${wanted.length} of 200 NICs<`);
  });

  it("shows the details of a NIC", async () => {
    const dom = await show("#nic=team-3/app-7-wire", "--dump-dom");
    expect(dom).to.match(/<aside id="details"><button>Close<\/button><h2>team-3\/app-7-wire<\/h2>/);
    expect(dom).to.include("<dt>Node</dt><dd>node1</dd>");
  });

  for (const theme of ["light", "dark"])
    it(`has a ${theme} background in a ${theme} theme`, async () => {
      const file = join(folder, `${theme}.png`);
      await show(`#theme=${theme}`, `--screenshot=${file}`);
      const png = readFileSync(file);
      expect(png.subarray(1, 4).toString()).to.equal("PNG");
      // A blank page of this size compresses to a few kilobytes.
      expect(png.length).to.be.greaterThan(40_000);
    });
});
