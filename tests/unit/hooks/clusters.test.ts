import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { connectionTo } from "../../../provider/hooks/clusters.ts";

const token = "dG9wLXNlY3JldA-a-token";

describe("the setting vnic:clusters", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "clusters-"))));
  after(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it("may be a JSON object", () => {
    const setting = JSON.stringify({ edge: { kubeconfig: "/edge" }, core: { context: "core", image: "core:1" } });
    expect(connectionTo("edge", setting)).to.deep.equal({ kubeconfig: "/edge" });
    expect(connectionTo("core", ` ${setting}`)).to.deep.equal({ context: "core", image: "core:1" });
  });

  it("may be the path of a JSON or YAML file", () => {
    expect(connectionTo("edge", write("c.json", `{"edge": {"context": "e"}}`))).to.deep.equal({ context: "e" });
    expect(connectionTo("edge", write("c.yaml", "edge:\n  kubeconfig: |\n    apiVersion: v1\n"))).to.deep.equal({
      kubeconfig: "apiVersion: v1\n",
    });
  });

  const refusals: [what: string, setting: string | undefined, words: string][] = [
    ["is not set", undefined, `cluster "edge" needs the setting vnic:clusters, which is not set; write {`],
    ["has only other clusters", `{"core": {"context": "c"}}`, `cluster "edge" is not in vnic:clusters; it has core`],
    ["has no clusters", "{}", `cluster "edge" is not in vnic:clusters; it has none`],
    ["has a cluster without kubeconfig and context", `{"edge": {}}`, "vnic:clusters: edge is invalid; write {"],
    ["has a cluster with only an image", `{"edge": {"image": "i"}}`, "vnic:clusters: edge is invalid"],
    ["has an unknown key", `{"edge": {"context": "c", "token": "${token}"}}`, "vnic:clusters: edge is invalid"],
    ["has a number in place of a text", `{"edge": {"kubeconfig": 5}}`, "vnic:clusters: edge.kubeconfig is invalid"],
    ["has a text in place of a cluster", `{"edge": "${token}"}`, "vnic:clusters: edge is invalid"],
    ["has a cluster with a bad name", `{"Edge of": {"context": "c"}}`, "vnic:clusters: Edge of is invalid"],
    [
      "is invalid JSON",
      `{"edge": {"kubeconfig": "${token}`,
      "vnic:clusters can't be read: not valid at line 1, column ",
    ],
    ["has an unknown alias of YAML", `{"edge": *${token}}`, "vnic:clusters can't be read: not valid"],
    ["is a secret in the wrong place", token, "vnic:clusters is neither an object as JSON nor the path of a file that"],
    ["is a kubeconfig", `apiVersion: v1\nusers: [{user: {token: ${token}}}]`, "vnic:clusters is neither an object"],
  ];
  for (const [what, setting, words] of refusals)
    it(`is refused without quoting its values when it ${what}`, () => {
      expect(() => connectionTo("edge", setting))
        .to.throw()
        .that.satisfies(({ kind, message }: { kind: string; message: string }) => {
          expect(kind).to.equal("invalid");
          expect(message).to.include(words).and.not.include(token);
          return true;
        });
    });

  it("doesn't take an inherited property of objects for a cluster", () => {
    expect(() => connectionTo("constructor", "{}")).to.throw(`cluster "constructor" is not in vnic:clusters`);
  });

  it("names its file in the error when the file is invalid", () => {
    const list = write("list.yaml", "- edge\n");
    expect(() => connectionTo("edge", list)).to.throw(`${list}: the whole is invalid`);
    const broken = write("broken.yaml", `edge: {kubeconfig: "${token}`);
    expect(() => connectionTo("edge", broken)).to.throw(new RegExp(`^${broken} can't be read: not valid at line \\d`));
    expect(() => connectionTo("edge", folder)).to.throw(`${folder} can't be read: EISDIR`);
  });
});
