import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { graphOf } from "../../../../provider/model/overview/graph.ts";
import { layOut } from "../../../../provider/model/overview/layout.ts";
import { renderPage } from "../../../../provider/model/overview/page.ts";
import { renderSvg } from "../../../../provider/model/overview/svg.ts";
import type { StoredVnic } from "../../../../provider/model/vnic/record.ts";
import { findProgram } from "../../../lab/find-program.ts";
import { skip } from "../../../skip.ts";

const now = new Date("2026-01-01T12:00:00Z");

function record(index: number, more: { name?: string; ready?: boolean; network?: object } = {}): StoredVnic {
  const {
    name = `app-${index}-wire`,
    ready = true,
    network = { parent: `eth${1 + (index % 3)}`, mode: "macvlan" },
  } = more;
  return {
    metadata: {
      namespace: `team-${index % 4}`,
      name,
      generation: 1,
      creationTimestamp: "2026-01-01T11:00:00Z",
      annotations: { "pulumi-vnic.dev/node": `node${1 + (index % 7)}`, "pulumi-vnic.dev/pod-uid": "x" },
    },
    spec: { pod: { name: `app-${Math.floor(index / 2)}` }, network, addresses: [`192.168.${index % 250}.10/24`] },
    status: {
      node: `node${1 + (index % 7)}`,
      interface: {
        name: `net${index}`,
        mac: "02:00:00:00:00:01",
        mtu: 1500,
        addresses: [`192.168.${index % 250}.10/24`],
        up: true,
      },
      conditions: [
        {
          type: "Ready",
          status: ready ? "True" : "False",
          reason: ready ? "Attached" : "ParentDown",
          message: "",
          observedGeneration: 1,
        },
      ],
    },
  } as unknown as StoredVnic;
}

const many = Array.from({ length: 200 }, (_, index) => record(index, { ready: index % 17 !== 0 }));

describe("the graph of Vnics", () => {
  it("has each network, node, pod and NIC once, sorted, whatever the order of the records", () => {
    const graph = graphOf(many, ["unused"], now);
    expect(graph.networks).to.deep.equal(["eth1 (macvlan)", "eth2 (macvlan)", "eth3 (macvlan)", "unused"]);
    expect(graph.nodes.map(({ name }) => name)).to.deep.equal([
      "node1",
      "node2",
      "node3",
      "node4",
      "node5",
      "node6",
      "node7",
    ]);
    expect(graph.nodes.flatMap(({ pods }) => pods.flatMap(({ nics }) => nics))).to.have.length(200);
    expect(graphOf([...many].reverse(), ["unused"], now)).to.deep.equal(graph);
  });

  it("has no overlaps, and nothing outside of its frame", () => {
    const layout = layOut(graphOf(many, [], now));
    const { width, height, nodes, pods, nics, networks } = layout;
    for (const boxes of [nodes, pods, nics, networks])
      boxes.forEach((one, index) => {
        expect(one.x >= 0 && one.y >= 0 && one.x + one.width <= width && one.y + one.height <= height).to.equal(true);
        for (const other of boxes.slice(index + 1)) {
          const apart =
            one.x + one.width <= other.x ||
            other.x + other.width <= one.x ||
            one.y + one.height <= other.y ||
            other.y + other.height <= one.y;
          expect(apart).to.equal(true);
        }
      });
    expect(width / height).to.be.within(0.8, 3.5);
  });

  it("is drawn for an empty cluster, too", () =>
    expect(renderSvg(graphOf([], [], now), { standalone: true })).to.match(/^<svg /));

  it("has names only as text, never as markup", () => {
    const evil = record(1, { name: `</script><img src=x onerror=alert(1)>&"'` });
    const page = renderPage(graphOf([evil], ["<b>"], now), "a <title>");
    expect(page).to.not.include("<img").and.not.include("<b>").and.not.include("a <title>");
    expect(page.match(/<\/script>/g)).to.have.length(2);
  });

  it("loads nothing from other servers", () => {
    const page = renderPage(graphOf(many, [], now), "t");
    expect(page).to.include("default-src 'none'");
    expect(page.replaceAll("http://www.w3.org/2000/svg", "")).to.not.match(/https?:|url\(|src=|@import/);
  });

  describe("in a browser", function () {
    this.timeout(120_000);
    let folder: string;
    before(function () {
      if (findProgram("chromium") === undefined) skip(this, "there is no chromium");
      folder = mkdtempSync(join(tmpdir(), "vnic-graph-"));
      writeFileSync(join(folder, "graph.html"), renderPage(graphOf(many, [], now), "Vnics"));
    });
    after(() => folder && rmSync(folder, { recursive: true, force: true }));

    function browse(hash: string, ...options: string[]): string {
      const page = `file://${join(folder, "graph.html")}${hash}`;
      const common = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        `--user-data-dir=${folder}/profile`,
      ];
      const words = [...common, "--window-size=1600,1000", "--virtual-time-budget=2000", ...options, page];
      const { stdout, stderr, status } = spawnSync("chromium", words, {
        encoding: "utf8",
        timeout: 100_000,
        maxBuffer: 1 << 26,
      });
      if (status !== 0) throw new Error(stderr);
      return stdout;
    }

    it("shows everything, and filters by text", () => {
      expect(browse("", "--dump-dom")).to.match(/<output id="count">200 of 200 NICs</);
      const filtered = browse("#filter=node1+parentdown", "--dump-dom");
      const wanted = many.filter(({ status }) => status?.node === "node1" && status.conditions[0]?.status === "False");
      expect(filtered).to.include(`>${wanted.length} of 200 NICs<`);
    });

    it("shows the details of a NIC, also one whose name looks like markup", () => {
      const dom = browse("#nic=team-3/app-7-wire", "--dump-dom");
      expect(dom).to.match(/<aside id="details"><button>Close<\/button><h2>team-3\/app-7-wire<\/h2>/);
      expect(dom).to.include("<dt>Node</dt><dd>node1</dd>");
    });

    for (const theme of ["light", "dark"])
      it(`has a ${theme} background in a ${theme} theme`, () => {
        const file = join(folder, `${theme}.png`);
        browse(`#theme=${theme}`, `--screenshot=${file}`);
        const png = readFileSync(file);
        expect(png.subarray(1, 4).toString()).to.equal("PNG");
        // A blank page of this size compresses to a few kilobytes.
        expect(png.length).to.be.greaterThan(40_000);
      });
  });
});
