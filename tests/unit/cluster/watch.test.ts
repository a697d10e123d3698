import { expect } from "chai";
import type { Watched } from "../../../provider/cluster/cluster.ts";
import { watcher } from "../../../provider/cluster/watch.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";
import { FakeWatchRequests } from "../../fakes/watch-requests.ts";

interface Thing {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly resourceVersion: string };
}

const path = "/apis/example.com/v1/things";
const thing = (name: string, version: number): Thing => ({
  metadata: { namespace: "shop", name, resourceVersion: `${version}` },
});
const nameOf = ({ metadata: { name, resourceVersion } }: Thing) => `${name} at ${resourceVersion}`;

describe("the watch of a kind", () => {
  let clock: FakeClock;
  let api: FakeWatchRequests;
  /** What the API server has, and its resource version. */
  let stored: { things: Thing[]; version: number };
  let lists: number;
  let failure: Error | undefined;
  let seen: string[];

  beforeEach(() => {
    clock = new FakeClock();
    api = new FakeWatchRequests();
    stored = { things: [thing("a", 3), thing("b", 5)], version: 7 };
    [lists, failure, seen] = [0, undefined, []];
  });

  async function open(keep?: (one: Thing) => Thing): Promise<Watched<Thing>> {
    const connection = {
      config: { getCurrentCluster: () => ({ server: "https://10.0.0.1:6443" }) },
      applySecurityAuthentication: async () => undefined,
    };
    const watch = watcher(api.client, connection as never, clock);
    const list = async () => {
      lists++;
      if (failure) throw failure;
      return { metadata: { resourceVersion: `${stored.version}` }, items: stored.things };
    };
    const things = await watch<Thing>(path, list, keep);
    things.onChange((one) => seen.push(nameOf(one)));
    things.onGone(({ metadata: { name } }) => seen.push(`${name} is gone`));
    await settle();
    return things;
  }

  const names = (things: Watched<Thing>) => things.list().map(nameOf);
  /** The number of requests that were sent so far, and the resource version of the latest. */
  const sent = () => [api.requests.length, api.last.resourceVersion] as const;

  it("lists the objects, and keeps them up to date by the events after that list", async () => {
    const things = await open();
    expect(names(things)).to.deep.equal(["a at 3", "b at 5"]);
    expect(api.last).to.include({ path, resourceVersion: "7" });
    await api.last.send("ADDED", thing("c", 8));
    await api.last.send("MODIFIED", thing("a", 9));
    await api.last.send("DELETED", thing("b", 10));
    expect(names(things)).to.deep.equal(["a at 9", "c at 8"]);
    expect(seen).to.deep.equal(["c at 8", "a at 9", "b at 10", "b is gone"]);
    expect([api.requests.length, lists]).to.deep.equal([1, 1]);
  });

  it("reduces the object of each event as it arrives, and tells the objects of each namespace", async () => {
    const things = await open(({ metadata: { namespace, name, resourceVersion } }) => ({
      metadata: { namespace, name: `${name}'`, resourceVersion },
    }));
    await api.last.send("ADDED", thing("c", 8));
    await api.last.send("ADDED", { metadata: { namespace: "bank", name: "d", resourceVersion: "9" } });
    expect(things.listIn("shop").map(nameOf)).to.deep.equal(["a at 3", "b at 5", "c' at 8"]);
    expect(things.listIn("bank").map(nameOf)).to.deep.equal(["d' at 9"]);
    expect(things.listIn("void")).to.deep.equal([]);
  });

  it("fails like its first list, and leaves nothing behind", async () => {
    failure = new Error("listing things: forbidden");
    const error = await open().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.equal(failure);
    await clock.advance(60);
    expect([api.requests.length, lists, clock.pending]).to.deep.equal([0, 1, 0]);
  });

  it("continues at once after the latest event when the server ends it", async () => {
    const things = await open();
    await api.last.send("ADDED", thing("c", 8));
    await api.last.end();
    expect(sent()).to.deep.equal([2, "8"]);
    await api.last.send("MODIFIED", thing("c", 9));
    expect(names(things)).to.include("c at 9");
    expect(lists).to.equal(1);
  });

  it("waits 1 s, 2 s and so on, at most 30 s, if the server ends it again and again", async () => {
    await open();
    await api.last.end();
    for (const [index, seconds] of [1, 2, 4, 8, 16, 30, 30].entries()) {
      await api.last.end();
      await clock.advance(seconds - 0.1);
      expect(api.requests, `after ${seconds} s`).to.have.length(index + 2);
      await clock.advance(0.1);
      expect(api.requests, `after ${seconds} s`).to.have.length(index + 3);
    }
    await api.last.send("ADDED", thing("c", 8));
    const before = api.requests.length;
    await api.last.end();
    expect(sent()).to.deep.equal([before + 1, "8"]);
  });

  it("tries again after a second when a request fails, from the latest event on", async () => {
    await open();
    await api.last.send("ADDED", thing("c", 8));
    for (let tries = 1; tries <= 3; tries++) {
      await api.last.end(Object.assign(new Error("Internal Server Error"), { statusCode: 500 }));
      await clock.advance(0.9);
      expect(api.requests).to.have.length(tries);
      await clock.advance(0.1);
      expect(sent()).to.deep.equal([tries + 1, "8"]);
    }
    expect(lists).to.equal(1);
  });

  it("tries again after a second when there are no credentials for a request", async () => {
    await open();
    api.refusal = new Error("the credential plugin failed");
    await api.last.end();
    await clock.advance(5);
    expect(api.requests).to.have.length(1);
    api.refusal = undefined;
    await clock.advance(1);
    expect(sent()).to.deep.equal([2, "7"]);
  });

  for (const [how, expire] of [
    ["by the status of its response", () => api.last.end(Object.assign(new Error("Gone"), { statusCode: 410 }))],
    [
      "by an event",
      async () => {
        await api.last.send("ERROR", { kind: "Status", code: 410, reason: "Expired" });
        await api.last.end();
      },
    ],
  ] as const) {
    it(`lists again when the server says ${how} that it has forgotten the version, and reports what changed meanwhile`, async () => {
      const things = await open();
      stored = { things: [thing("a", 20), thing("d", 21)], version: 22 };
      await expire();
      await clock.advance(1);
      expect(names(things)).to.deep.equal(["a at 20", "d at 21"]);
      expect(seen).to.have.members(["b at 5", "b is gone", "a at 20", "d at 21"]);
      expect([...sent(), lists]).to.deep.equal([2, "22", 2]);
    });
  }

  it("lists until the server answers again after it has forgotten the version", async () => {
    const things = await open();
    failure = new Error("listing things: unreachable");
    await api.last.end(Object.assign(new Error("Gone"), { statusCode: 410 }));
    await clock.advance(3);
    expect([api.requests.length, lists]).to.deep.equal([1, 5]);
    expect(names(things), "what was known").to.deep.equal(["a at 3", "b at 5"]);
    failure = undefined;
    stored = { things: [thing("a", 20)], version: 22 };
    await clock.advance(1);
    expect(names(things)).to.deep.equal(["a at 20"]);
    expect(sent()).to.deep.equal([2, "22"]);
  });

  it("is opened again after 30 s without an event, and ignores what comes over the former connection", async () => {
    const things = await open();
    await clock.advance(29);
    const former = api.last;
    await former.send("ADDED", thing("c", 8));
    await clock.advance(29);
    expect(api.requests).to.have.length(1);
    await clock.advance(1);
    expect(sent()).to.deep.equal([2, "8"]);
    expect(former.isAborted).to.equal(true);
    await former.send("MODIFIED", thing("c", 7));
    await former.end(new Error("aborted"));
    await clock.advance(5);
    expect(names(things)).to.include("c at 8");
    expect(api.requests).to.have.length(2);
  });

  it("is opened again after 30 s if there is no response at all", async () => {
    await open();
    api.isSilent = true;
    await api.last.end();
    await clock.advance(30);
    expect(sent()).to.deep.equal([3, "7"]);
    api.isSilent = false;
    await clock.advance(30);
    expect(sent()).to.deep.equal([4, "7"]);
    await api.last.send("ADDED", thing("c", 8));
    expect(seen).to.deep.equal(["c at 8"]);
  });
});
