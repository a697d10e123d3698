import { expect } from "chai";
import { graphOf } from "../../../../provider/model/overview/graph.ts";
import { layOut } from "../../../../provider/model/overview/layout.ts";
import { renderPage } from "../../../../provider/model/overview/page.ts";
import { renderSvg } from "../../../../provider/model/overview/svg.ts";
import { many, now, record } from "../../../fakes/drawn-records.ts";

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
});
