import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Leases } from "../../../provider/agent/leases.ts";
import { usePrograms } from "../../../provider/node/run.ts";
import { writeResourceFile } from "../../../provider/node/resource-file.ts";
import { rejection } from "../../fakes/cluster.ts";
import { association, injectPlan, uid } from "../../fakes/objects.ts";

const offer = { event: "bound", ip: "192.168.50.110", subnet: "255.255.255.0", serverid: "192.168.50.1", lease: "60" };
const dhcp = { clientId: "0102" };

describe("the leases of a node", () => {
  let root: string;
  let leases: Leases;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "vnic-leases-"));
    process.env["VNIC_HOST_ROOT"] = root;
    const links = JSON.stringify([{ ifname: "lo", addr_info: [] }]);
    usePrograms({
      start: () => ({ finish: () => Promise.resolve(links) }),
      startLongRunning: (_program, _args, { stdout }) => {
        let end: (how: string) => void = () => undefined;
        const ended = new Promise<string>((resolve) => (end = resolve));
        setImmediate(() => stdout(JSON.stringify(offer)));
        return { signal: (name) => end(`ended by ${name}`), ended };
      },
    });
    leases = new Leases(() => Promise.resolve(true), { all: 3, ofNamespace: 2 });
  });
  afterEach(async () => {
    for (let number = 1; number <= 9; number++) await leases.stop(uid(number), { release: false });
    usePrograms(undefined);
    delete process.env["VNIC_HOST_ROOT"];
    await rm(root, { recursive: true });
  });

  const acquire = async (namespace: string, number: number) => {
    const { vnic, pod: _, ...definition } = injectPlan({ vnic: { uid: uid(number), namespace, name: `v${number}` } });
    await writeResourceFile({ vnic, definition: { ...definition, dhcp }, association: association(), step: "leasing" });
    const { netns, inode } = association();
    return leases.acquire({ uid: vnic.uid, netns, inode, interfaceName: "net1", dhcp });
  };

  it("are no more for one namespace than leaves room for others, and no more in all than it has memory for", async () => {
    for (const number of [1, 2]) expect((await acquire("shop", number)).address).to.equal("192.168.50.110/24");
    expect((await rejection(acquire("shop", 3))).message).to.match(/has 2 leases of namespace shop, and takes no more/);
    expect((await acquire("bank", 4)).address).to.equal("192.168.50.110/24");
    expect((await rejection(acquire("web", 5))).message).to.match(/the node has 3 leases, and takes no more/);
    // One that is there already is no new one.
    expect((await acquire("shop", 1)).address).to.equal("192.168.50.110/24");

    await leases.stop(uid(1), { release: false });
    expect((await acquire("shop", 3)).address).to.equal("192.168.50.110/24");
  });
});
