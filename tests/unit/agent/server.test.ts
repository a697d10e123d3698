import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { serve } from "../../../provider/agent/server.ts";
import { agentSocket } from "../../../provider/model/wire/agent-protocol.ts";
import { askAgent } from "../../../provider/node/agent-socket.ts";

// More than a busy machine may hold up this process.
const silence = 4000;
const request = { verb: "stop", uid: "0d3c4f9e-0000-4000-8000-000000000001", release: true } as const;

describe("a request to the node agent", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "vnic-agent-"));
    process.env.VNIC_HOST_ROOT = root;
  });
  afterEach(async () => {
    delete process.env.VNIC_HOST_ROOT;
    await rm(root, { recursive: true, force: true });
  });

  it("is answered after more time than an agent may be silent", async () => {
    const leases = {
      acquire: () => Promise.reject(new Error("isn't asked")),
      stop: async () => (await sleep(1.25 * silence), true),
    };
    const listening = await serve(leases, silence / 15);
    expect(await askAgent(request, silence)).to.deep.equal({ released: true });
    listening.close();
  });

  it("always finds a socket while an agent takes the place of a former one", async () => {
    const leases = { acquire: () => Promise.reject(new Error("isn't asked")), stop: async () => false };
    const path = join(root, agentSocket);
    const listening = [await serve(leases)];
    let [isOver, misses] = [false, 0];
    const looking = (async () => {
      for (; !isOver; await new Promise(setImmediate)) if (!existsSync(path)) misses++;
    })();
    while (listening.length < 100) listening.push(await serve(leases));
    isOver = true;
    await looking;
    expect(misses).to.equal(0);
    expect(await askAgent(request)).to.deep.equal({ released: false });
    for (const one of listening) one.close();
  });

  it("has no answer on a node without an agent", async () => {
    expect(await askAgent(request)).to.equal(undefined);
  });
});
