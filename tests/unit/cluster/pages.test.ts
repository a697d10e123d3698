import { expect } from "chai";
import type { ApiServer } from "../../../provider/cluster/call.ts";
import { type List, listPages, nextPageSize, type PageQuery } from "../../../provider/cluster/pages.ts";

const server: ApiServer = { server: "https://10.0.0.1:6443", current: {}, renew: () => undefined };
const expired = () => Object.assign(new Error("Gone"), { code: 410, body: '{"reason":"Expired"}' });

describe("a list in pages", () => {
  let asked: PageQuery[];
  beforeEach(() => (asked = []));

  /** Serves the numbers below `count`, three on each page. `before` may fail a request. */
  const numbers =
    (
      count: number,
      token: "continue" | "_continue" = "continue",
      before: (query: PageQuery) => void = () => undefined,
    ) =>
    async (query: PageQuery): Promise<List<number>> => {
      asked.push(query);
      before(query);
      const from = Number(query._continue ?? 0);
      const items = Array.from({ length: Math.min(3, count - from) }, (_, index) => from + index);
      const next = from + 3 < count ? String(from + 3) : "";
      return { metadata: { resourceVersion: "7", [token]: next }, items };
    };

  for (const token of ["continue", "_continue"] as const)
    it(`has all objects, and the resource version, if the token is called ${token}`, async () => {
      const list = await listPages(server, "listing", numbers(8, token));
      expect(list.items).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(list.metadata?.resourceVersion).to.equal("7");
      expect(asked.map(({ _continue }) => _continue)).to.deep.equal([undefined, "3", "6"]);
      expect(new Set(asked.map(({ limit }) => limit))).to.deep.equal(new Set([50]));
    });

  it("reduces the objects of a page before it reads the next page", async () => {
    const order: string[] = [];
    const read = numbers(6, "continue", () => order.push("page"));
    await listPages(server, "listing", read, (number) => order.push(String(number)));
    expect(order).to.deep.equal(["page", "0", "1", "2", "page", "3", "4", "5"]);
  });

  it("ends with the page in which what is looked for was found", async () => {
    const found = (kept: readonly boolean[]) => kept.includes(true);
    const list = await listPages(server, "looking", numbers(9), (number) => number === 4, 3, found);
    expect(list.items).to.deep.equal([false, false, false, false, true, false]);
    expect(asked.map(({ limit, _continue }) => [limit, _continue])).to.deep.equal([
      [3, undefined],
      [50, "3"],
    ]);
  });

  it("begins again, without objects of the former state, if the server has forgotten that state", async () => {
    let fails = 1;
    const list = await listPages(
      server,
      "listing",
      numbers(6, "continue", ({ _continue }) => {
        if (_continue === "3" && fails-- > 0) throw expired();
      }),
    );
    expect(list.items).to.deep.equal([0, 1, 2, 3, 4, 5]);
    expect(asked.map(({ _continue }) => _continue)).to.deep.equal([undefined, "3", undefined, "3"]);
  });

  /** Serves objects of a given length each, as many as asked for, and nothing of a response that is too long. */
  const weighing =
    (lengths: readonly number[]) =>
    async (query: PageQuery, maxBytes: number): Promise<List<number> | undefined> => {
      asked.push(query);
      const from = Number(query._continue ?? 0);
      const items = lengths.slice(from, from + query.limit);
      const characters = items.reduce((sum, length) => sum + length, 0);
      if (characters > maxBytes) return undefined;
      const next = from + items.length;
      return { metadata: next < lengths.length ? { continue: String(next) } : {}, items, characters };
    };
  const limits = () => asked.map(({ limit }) => limit);
  const megabyte = 2 ** 20;

  it("takes few requests for small objects", async () => {
    const lengths = Array.from({ length: 3000 }, () => 1000);
    expect((await listPages(server, "listing", weighing(lengths))).items).to.deep.equal(lengths);
    expect(limits()).to.deep.equal([50, 100, 200, 400, 500, 500, 500, 500, 500]);
  });

  it("reads pages of about 2 MB if objects are larger", async () => {
    const lengths = Array.from({ length: 1500 }, () => 7000);
    await listPages(server, "listing", weighing(lengths));
    expect(limits()).to.deep.equal([50, 100, 200, 200, 200, 200, 200, 200, 200]);
    expect(nextPageSize(200, 3 * megabyte)).to.equal(100);
    expect(nextPageSize(1, 3 * megabyte)).to.equal(1);
    expect(nextPageSize(1000, 10)).to.equal(1000);
  });

  it("gives up a page that becomes too long, and reads the same objects in smaller pages", async () => {
    // Somebody has objects as large as they can be after many small ones.
    const lengths = [...Array.from({ length: 800 }, () => 1000), ...Array.from({ length: 40 }, () => 3 * megabyte)];
    const list = await listPages(server, "listing", weighing(lengths));
    expect(list.items).to.deep.equal(lengths);
    expect(limits().slice(0, 14)).to.deep.equal([50, 100, 200, 400, 500, 125, 32, 64, 16, 32, 8, 2, 4, 1]);
    expect(new Set(limits().slice(14))).to.deep.equal(new Set([1]));
  });

  it("reads a single object that is longer than any page should be", async () => {
    const list = await listPages(server, "listing", weighing([20 * megabyte, 20 * megabyte]));
    expect(list.items).to.have.length(2);
    expect(limits()).to.deep.equal([50, 13, 4, 1, 1]);
  });

  it("fails, after five beginnings, if the server always forgets the state", async () => {
    const read = numbers(6, "continue", ({ _continue }) => {
      if (_continue) throw expired();
    });
    const error = await listPages(server, "listing pods", read).catch((reason: unknown) => reason);
    expect(String(error)).to.include("listing pods: the API server no longer has the state");
    expect(asked).to.have.length(10);
  });
});
