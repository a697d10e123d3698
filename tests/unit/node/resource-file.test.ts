import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import {
  listResourceFiles,
  readResourceFile,
  removeResourceFile,
  writeResourceFile,
} from "../../../provider/node/resource-file.ts";
import { association, injectPlan, uid } from "../../fakes/objects.ts";

describe("the list of a node's resource files", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "vnic-files-"));
    process.env["VNIC_HOST_ROOT"] = root;
  });
  afterEach(async () => {
    delete process.env["VNIC_HOST_ROOT"];
    await rm(root, { recursive: true, force: true });
  });

  const routes = Array.from({ length: 512 }, (_, index) => ({ to: `10.${index >> 8}.${index & 255}.0/24` }));
  const write = (number: number, interfaceName = "net1") => {
    const {
      vnic: _,
      pod: __,
      ...definition
    } = injectPlan({
      interfaceName,
      routing: { routes, gateways: [], replyVia: "vnic" },
    });
    const vnic = { uid: uid(number), namespace: "shop", name: `wire-${number}` };
    return writeResourceFile({ vnic, definition, association: association(), step: "attached" });
  };
  const names = async () =>
    (await listResourceFiles()).map(({ vnic, definition }) => `${vnic.name} ${definition.interfaceName}`).sort();

  it("shows each change at once, and no file that is gone", async () => {
    for (const number of [1, 2]) await write(number);
    expect(await names()).to.deep.equal(["wire-1 net1", "wire-2 net1"]);
    await write(1, "net2");
    expect(await names()).to.deep.equal(["wire-1 net2", "wire-2 net1"]);
    await removeResourceFile(uid(2));
    expect(await names()).to.deep.equal(["wire-1 net2"]);
    await write(2, "net3");
    expect(await names()).to.deep.equal(["wire-1 net2", "wire-2 net3"]);
    expect((await readResourceFile(uid(2)))?.definition.interfaceName).to.equal("net3");
  });

  it("takes little time for files that haven't changed, however large they are", async () => {
    for (let number = 1; number <= 60; number++) await write(number);
    const time = async () => {
      const began = performance.now();
      expect(await listResourceFiles()).to.have.length(60);
      return performance.now() - began;
    };
    const first = await time();
    expect(await time()).to.be.below(first / 3);
  });
});
