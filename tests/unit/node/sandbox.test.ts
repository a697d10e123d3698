import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { netnsDirectory, parseLayout } from "../../../provider/model/kubernetes/runtime-layout.ts";
import { findSandbox } from "../../../provider/node/sandbox.ts";
import { injectPlan } from "../../fakes/objects.ts";

/* A pod whose container has just ended is looked for in the bundles of all pods of its node. */
describe("the search for a pod's sandbox", () => {
  const { bundles, config, annotations } = parseLayout("containerd");
  const { pod } = injectPlan();
  const netns = "cni-1";
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "vnic-bundles-"));
    process.env["VNIC_HOST_ROOT"] = root;
    await mkdir(join(root, netnsDirectory), { recursive: true });
    await writeFile(join(root, netnsDirectory, netns), "");
  });
  afterEach(async () => {
    delete process.env["VNIC_HOST_ROOT"];
    await rm(root, { recursive: true, force: true });
  });

  const newId = () => randomBytes(32).toString("hex");
  const add = async (type: "sandbox" | "container", uid: string, content: object = {}, id = newId()) => {
    await mkdir(join(root, bundles, id), { recursive: true });
    const its = { [annotations.type]: type, [annotations.podUid]: uid };
    const namespaces = [{ type: "network", path: `/var/run/netns/${netns}` }];
    await writeFile(
      join(root, bundles, id, config),
      JSON.stringify({ annotations: its, linux: { namespaces }, ...content }),
    );
    return id;
  };
  const search = () => findSandbox(pod).then(({ sandboxId }) => sandboxId, String);

  it("finds it although the containers of other pods have been searched before, also if it is written meanwhile", async () => {
    await add("container", pod.uid);
    await add("sandbox", "another pod's");
    const id = newId();
    await mkdir(join(root, bundles, id), { recursive: true });
    await writeFile(join(root, bundles, id, config), '{"annotations":');
    expect(await search()).to.match(/doesn't run here: the runtime has no sandbox of it/);
    await add("sandbox", pod.uid, {}, id);
    expect(await search()).to.equal(id);
    await rm(join(root, bundles, id), { recursive: true });
    expect(await search()).to.match(/doesn't run here/);
  });

  it("reads large bundles of others only once", async () => {
    const env = Array.from({ length: 1000 }, (_, index) => `V${index}=${"x".repeat(1000)}`);
    for (let number = 0; number < 30; number++) await add("container", "another pod's", { process: { env } });
    const time = async () => {
      const began = performance.now();
      expect(await search()).to.match(/doesn't run here/);
      return performance.now() - began;
    };
    const first = await time();
    // A busy machine may slow down one of them.
    const later = [await time(), await time(), await time(), await time()];
    expect(Math.min(...later)).to.be.below(first / 3);
  });
});
