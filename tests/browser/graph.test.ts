import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { graphOf } from "../../provider/model/overview/graph.ts";
import { renderPage } from "../../provider/model/overview/page.ts";
import { renderSvg } from "../../provider/model/overview/svg.ts";
import { many, now } from "../fakes/drawn-records.ts";
import { Browser, type Theme, windowSize } from "./chromium.ts";
import type { Page } from "./page.ts";

/** A box in the window, in pixels. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/* The page as a person sees and uses it, with 200 NICs on seven nodes and three networks. */

describe("the page of a graph", () => {
  let folder: string;
  let browser: Browser;
  let page: Page;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "vnic-graph-"));
    const graph = graphOf(many, [], now);
    writeFileSync(join(folder, "graph.html"), renderPage(graph, "Vnics"));
    writeFileSync(join(folder, "graph.svg"), renderSvg(graph, { standalone: true }));
    browser = await Browser.start(join(folder, "profile"));
  });
  after(async () => {
    await browser.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => expect(page.errors).to.deep.equal([]));

  const open = async (fragment = "", theme?: Theme) =>
    (page = await browser.open(`file://${join(folder, "graph.html")}${fragment}`, theme));
  const count = () => page.evaluate<string>(`document.getElementById("count").textContent`);
  const nicOf = (id: string) => `.nic[data-nic="${id}"]`;
  const details = () =>
    page.evaluate<string | undefined>(
      `(({ hidden, innerText }) => hidden ? undefined : innerText)(document.querySelector("aside"))`,
    );
  const isBad = (index: number) => many[index]?.status?.conditions[0]?.status === "False";

  it("shows everything, and after some words are typed only the NICs with these words", async () => {
    await open();
    expect(await count()).to.equal("200 of 200 NICs");
    await page.click("#filter");
    await page.type("node1 parentdown");
    const wanted = many.filter(({ status }, index) => status?.node === "node1" && isBad(index));
    expect(wanted).to.have.length.within(1, 20);
    expect(await count()).to.equal(`${wanted.length} of 200 NICs`);
    const clear = await page.evaluate<string[]>(
      `[...document.querySelectorAll(".nic:not(.dim)")].map((nic) => nic.dataset.nic)`,
    );
    expect(clear).to.have.members(wanted.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
    const opacity = await page.evaluate<string>(`getComputedStyle(document.querySelector(".nic.dim")).opacity`);
    expect(Number(opacity)).to.be.lessThan(0.3);
  });

  it("shows the details of a NIC that is clicked, or chosen by the keyboard, until they are closed", async () => {
    await open();
    expect(await details()).to.equal(undefined);
    await page.click(nicOf("team-3/app-7-wire"));
    for (const words of [
      "team-3/app-7-wire",
      "Pod\nteam-3/app-3",
      "Node\nnode1",
      "Network\neth2 (macvlan)",
      "192.168.7.10/24",
    ])
      expect(await details()).to.include(words);
    await page.click("aside button");
    expect(await details()).to.equal(undefined);
    await page.evaluate(`document.querySelector(${JSON.stringify(nicOf("team-1/app-17-wire"))}).focus()`);
    await page.press("Enter");
    expect(await details())
      .to.include("team-1/app-17-wire")
      .and.include("False, ParentDown");
    await page.press("Escape");
    expect(await details()).to.equal(undefined);
  });

  it("zooms with the wheel at the mouse, moves when it is dragged, and fits again at a click", async () => {
    await open();
    const id = nicOf("team-2/app-90-wire");
    const heightNow = () =>
      page.evaluate<number>(`document.querySelector(${JSON.stringify(`${id} text`)}).getBoundingClientRect().height`);
    const [at, small] = [await page.middleOf(id), await heightNow()];
    for (let turn = 0; turn < 8; turn++) await page.wheel(at, -120);
    expect(await heightNow()).to.be.closeTo(small * 1.15 ** 8, 1.5);
    const zoomed = await page.middleOf(id);
    expect(Math.hypot(zoomed.x - at.x, zoomed.y - at.y)).to.be.lessThan(3);
    await page.drag(zoomed, { x: zoomed.x + 60, y: zoomed.y - 40 });
    const moved = await page.middleOf(id);
    expect([moved.x - zoomed.x, moved.y - zoomed.y].map(Math.round)).to.deep.equal([60, -40]);
    await page.click("#fit");
    expect(await heightNow()).to.be.closeTo(small, 0.1);
    for (const [button, factor] of [
      ["#in", 1.3],
      ["#out", 1],
    ] as const) {
      await page.click(button);
      expect(await heightNow()).to.be.closeTo(small * factor, 0.5);
    }
  });

  it("can be read with 200 NICs: no label leaves its box or covers another one", async () => {
    await open();
    /** The boxes of labels, each with the box that it belongs to. */
    const labels = await page.evaluate<{ text: string; label: Box; box: Box }[]>(`(() => {
      const boxOf = (element) => (({ x, y, width, height }) => ({ x, y, width, height }))(element.getBoundingClientRect());
      return [...document.querySelectorAll("main text")].map((text) => {
        const rect = text.parentElement.matches("g.nic, g.network") ? text.parentElement.querySelector("rect") : text.previousElementSibling;
        return { text: text.lastChild.textContent, label: boxOf(text), box: boxOf(rect) };
      });
    })()`);
    expect(labels).to.have.length.greaterThan(600);
    for (const { text, label, box } of labels) {
      expect(label.x, text).to.be.at.least(box.x - 0.5);
      expect(label.x + label.width, text).to.be.at.most(box.x + box.width + 0.5);
      expect(label.y, text).to.be.at.least(0);
      expect(label.y + label.height, text).to.be.at.most(windowSize.height);
    }
    const rows = Map.groupBy(labels, ({ box }) => `${box.x} ${box.y}`);
    for (const row of rows.values())
      row
        .sort((one, other) => one.label.x - other.label.x)
        .forEach(({ text, label }, index) => {
          const next = row[index + 1]?.label;
          if (next) expect(label.x + label.width, text).to.be.at.most(next.x + 0.5);
        });
    // Everything is on the screen, in small type; some turns of the wheel make it as large as other text.
    const heights = labels.map(({ label }) => label.height);
    expect(Math.min(...heights)).to.be.at.least(6);
  });

  for (const theme of ["light", "dark"] as const)
    it(`is ${theme} for a user who prefers that, with text that stands out, and turns to the other theme at a click`, async () => {
      await open("", theme);
      expect(await shade()).to.equal(theme);
      for (const [what, ratio] of await contrasts()) expect(ratio, what).to.be.at.least(4.5);
      await page.click("#theme");
      expect(await shade()).to.equal(theme === "light" ? "dark" : "light");
      for (const [what, ratio] of await contrasts()) expect(ratio, what).to.be.at.least(4.5);
    });

  it("begins as its address says", async () => {
    await open("#filter=node2&nic=team-3/app-7-wire&theme=dark");
    expect(await count()).to.equal(`${many.filter(({ status }) => status?.node === "node2").length} of 200 NICs`);
    expect(await details()).to.include("team-3/app-7-wire");
    expect(await shade()).to.equal("dark");
  });

  it("is a picture by itself as SVG, in the user's theme", async () => {
    for (const theme of ["light", "dark"] as const) {
      page = await browser.open(`file://${join(folder, "graph.svg")}`, theme);
      expect(await shade()).to.equal(theme);
    }
  });

  /** Whether the window's picture is light or dark, by its pixels; most of them are background. */
  async function shade(): Promise<Theme> {
    const picture = JSON.stringify(await page.picture());
    const blank = await browser.open("about:blank");
    const [mean, colours] = await blank.evaluate<[number, number]>(`(async () => {
      const image = await createImageBitmap(await (await fetch(${picture})).blob());
      const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      let sum = 0;
      const colours = new Set();
      for (let at = 0; at < data.length; at += 4) {
        sum += (data[at] + data[at + 1] + data[at + 2]) / 3;
        colours.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
      }
      return [sum / (data.length / 4), colours.size];
    })()`);
    expect(colours, "colours of the picture").to.be.greaterThan(100);
    expect(mean).to.satisfy((value: number) => value > 200 || value < 60);
    return mean > 200 ? "light" : "dark";
  }

  /** The contrast (WCAG 2.2, 1.4.3) of each kind of text with the ground that it is on. */
  function contrasts(): Promise<[what: string, ratio: number][]> {
    return page.evaluate(`(() => {
      const luminance = (colour) => {
        const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const styleOf = (selector) => getComputedStyle(document.querySelector(selector));
      const pairs = [
        ["a NIC", styleOf(".nic:not(.bad) text").fill, styleOf("rect.pod").fill],
        ["a NIC with a problem", styleOf(".nic.bad text").fill, styleOf("rect.pod").fill],
        ["a pod", styleOf("text.soft").fill, styleOf("rect.pod").fill],
        ["a node", styleOf("text.title").fill, styleOf("rect.node").fill],
        ["the heading", styleOf("h1").color, styleOf("body").backgroundColor],
        ["the count", styleOf("#count").color, styleOf("body").backgroundColor],
      ];
      return pairs.map(([what, text, ground]) => {
        const [high, low] = [luminance(text), luminance(ground)].sort((one, other) => other - one);
        return [what, (high + 0.05) / (low + 0.05)];
      });
    })()`);
  }
});
