import { expect } from "chai";
import { findRival } from "../../../provider/node/probe.ts";
import { type Programs, usePrograms } from "../../../provider/node/run.ts";

/** Programs that count how many probes run at once. */
function countingPrograms() {
  let running = 0;
  const seen = { most: 0, asked: new Set<string>() };
  const programs: Programs = {
    start: () => ({ finish: () => Promise.resolve("") }),
    startLongRunning: (_, args, { stdout }) => {
      seen.most = Math.max(seen.most, ++running);
      seen.asked.add(args.at(-1) ?? "");
      setImmediate(() => stdout("ARPING"));
      let end: (how: string) => void = () => undefined;
      const ended = new Promise<string>((resolve) => (end = resolve));
      return { signal: () => (running--, end("killed")), ended };
    },
  };
  return { programs, seen };
}

describe("asking who has an address", () => {
  afterEach(() => usePrograms(undefined));

  const addresses = (count: number, vnic: number) =>
    Array.from({ length: count }, (_, index) => `10.9.${vnic}.${index + 1}/16`);
  const ask = (namespace: string, all: readonly string[]) =>
    findRival({ path: "/run/netns/cni-1" }, namespace, "net1", "02:00:5e:10:00:01", all);

  it("takes few processes at once, however many addresses Vnics have, and asks for all of them", async () => {
    const { programs, seen } = countingPrograms();
    usePrograms(programs);
    await Promise.all(Array.from({ length: 20 }, (_, vnic) => ask("greedy", addresses(64, vnic))));
    expect(seen.asked.size).to.equal(20 * 64);
    expect(seen.most).to.be.within(2, 100);
  }).timeout(60_000);

  it("doesn't wait for another namespace's addresses", async () => {
    const { programs, seen } = countingPrograms();
    usePrograms(programs);
    const greedy = Promise.all(Array.from({ length: 10 }, (_, vnic) => ask("greedy", addresses(64, vnic))));
    await ask("shop", addresses(1, 200));
    expect(seen.asked.size, "of 640 addresses, and one").to.be.below(200);
    await greedy;
  }).timeout(60_000);
});
