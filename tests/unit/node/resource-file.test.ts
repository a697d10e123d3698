import { copyFile, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import {
  listResourceFiles,
  readResourceFile,
  removeResourceFile,
  writeResourceFile,
} from "../../../provider/node/resource-file.ts";
import { stateDirectory } from "../../../provider/model/kubernetes/runtime-layout.ts";
import { must } from "../../lab/run.ts";
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
  const pathOf = (name: string) => join(root, stateDirectory, "vnics", `${name}.json`);
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

  const odd: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
    "a directory": (path) => mkdir(path),
    "a symbolic link to itself": (path) => symlink(path, path),
    "a symbolic link to a device that never ends": (path) => symlink("/dev/zero", path),
    "a named pipe": (path) => must(["mkfifo", path]),
    "a sparse file of gigabytes": (path) => writeFile(path, "").then(() => truncate(path, 3 * 2 ** 30)),
  };
  for (const [what, make] of Object.entries(odd))
    it(`has the other files if one of them is ${what}, which is refused by itself`, async () => {
      for (const number of [1, 2]) await write(number);
      const path = pathOf(uid(2));
      await rm(path);
      await make(path);
      for (let list = 0; list < 2; list++) expect(await names()).to.deep.equal(["wire-1 net1"]);
      const error = await readResourceFile(uid(2)).catch((thrown: unknown) => thrown);
      expect(String(error)).to.contain(`${path} on the node is not a file of ours`);
    });

  it("has each Vnic once, whatever copies of a file somebody has made", async () => {
    await write(1);
    await copyFile(pathOf(uid(1)), pathOf("backup"));
    await copyFile(pathOf(uid(1)), pathOf(uid(2)));
    expect(await names()).to.deep.equal(["wire-1 net1"]);
    expect(await readResourceFile(uid(2))).to.equal(undefined);
  });

  it("takes little time for files that haven't changed, however large they are", async () => {
    for (let number = 1; number <= 60; number++) await write(number);
    const time = async () => {
      const began = performance.now();
      expect(await listResourceFiles()).to.have.length(60);
      return performance.now() - began;
    };
    const first = await time();
    // A busy machine may slow down one of them.
    const later = [await time(), await time(), await time(), await time()];
    expect(Math.min(...later)).to.be.below(first / 3);
  });
});
