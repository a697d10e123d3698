import { expect } from "chai";
import { VnicError } from "../../../provider/base/errors.ts";
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
  });

  it("doesn't wait for another namespace's addresses", async () => {
    const { programs, seen } = countingPrograms();
    usePrograms(programs);
    const greedy = Promise.all(Array.from({ length: 10 }, (_, vnic) => ask("greedy", addresses(64, vnic))));
    await ask("shop", addresses(1, 200));
    expect(seen.asked.size, "of 640 addresses, and one").to.be.below(200);
    await greedy;
  });

  describe("by IPv6 while others have filled the kernel's table of neighbours", () => {
    const mac = "02:00:5e:00:00:99";

    /**
     * The kernel's answers if entries that count are refused: each, or only those of groups, for which the kernel drops the
     * question.
     */
    function fullTable(refused: "each" | "those of groups") {
      const entries = new Map<string, string>();
      const counted = new Set<string>();
      const enter = (line: string) => {
        const [, host = ""] = /^neigh \w+ (\S+) dev|^neigh \w+ (\S+) lladdr/.exec(line)?.filter(Boolean) ?? [];
        const isCounted = !/ extern_learn$| nud permanent$/.test(line);
        if (isCounted && !entries.has(host) && refused === "each")
          throw new VnicError("failed", "ip -batch -: RTNETLINK answers: No buffer space available");
        entries.set(host, / lladdr (\S+)/.exec(line)?.[1] ?? "");
        if (isCounted) counted.add(host);
        else counted.delete(host);
      };
      const rows = () =>
        [...entries].map(([dst, known]) => {
          const isAsked = entries.has("ff02::1:ff00:10") && dst === "fd50::10";
          const lladdr = isAsked ? mac : known;
          return { dst, ...(lladdr === "" ? {} : { lladdr }) };
        });
      const programs: Programs = {
        start: (_, args) => ({
          finish: async (input) => {
            if (args.includes("show")) return JSON.stringify(rows());
            for (const line of input.split("\n").filter(Boolean))
              if (line.startsWith("neigh del ")) entries.delete(line.split(" ")[2] ?? "");
              else enter(line);
            return "";
          },
        }),
        startLongRunning: () => {
          throw new Error("IPv6 needs no long-running program");
        },
      };
      return { programs, lasting: () => [...entries.keys()].filter((host) => !counted.has(host)) };
    }

    for (const refused of ["each", "those of groups"] as const)
      it(`finds who has it, and leaves no entry that stays, when the kernel refuses ${refused}`, async () => {
        const { programs, lasting } = fullTable(refused);
        usePrograms(programs);
        expect(await ask("shop", ["fd50::10/64", "fd50::11/64"])).to.deep.equal({ host: "fd50::10", mac });
        expect(lasting()).to.deep.equal([]);
        expect(await ask("shop", ["fd50::11/64"])).to.equal(undefined);
        expect(lasting()).to.deep.equal([]);
      });
  });
});
