import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { type FileValue, readStackFile, stackOf } from "../../../provider/hooks/stack-file.ts";

describe("a stack's settings file", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "vnic-stack-file-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }

  const project = "name: shop\nruntime: nodejs\n";
  const absent = { plain: undefined };
  const hidden = { hidden: true } as const;
  const cases: [what: string, files: Record<string, string>, image: FileValue | undefined][] = [
    ["isn't found without a project", { "Pulumi.prod.yaml": "config: { vnic:image: a }" }, undefined],
    ["isn't found for another stack", { "Pulumi.yaml": project, "Pulumi.dev.yaml": "" }, undefined],
    ["has a value", { "Pulumi.yaml": project, "Pulumi.prod.yaml": "config: { vnic:image: a }" }, { plain: "a" }],
    ["may be empty", { "Pulumi.yaml": project, "Pulumi.prod.yaml": "" }, absent],
    ["says that a value is absent", { "Pulumi.yaml": project, "Pulumi.prod.yaml": "config: { shop:a: b }" }, absent],
    [
      "hides an encrypted value",
      { "Pulumi.yaml": project, "Pulumi.prod.yaml": "config: { vnic:image: { secure: v1:x } }" },
      hidden,
    ],
    [
      "hides a value that an environment may have",
      { "Pulumi.yaml": project, "Pulumi.prod.yaml": "environment: [shop/prod]" },
      hidden,
    ],
    [
      "has precedence over an environment",
      { "Pulumi.yaml": project, "Pulumi.prod.yaml": "environment: [shop/prod]\nconfig: { vnic:image: a }" },
      { plain: "a" },
    ],
    [
      "may be in another folder",
      { "Pulumi.yaml": `${project}stackConfigDir: stacks`, "stacks/Pulumi.prod.yaml": "config: { vnic:image: a }" },
      { plain: "a" },
    ],
    [
      "may be in a folder given by the setting's former name",
      { "Pulumi.yaml": `${project}config: stacks`, "stacks/Pulumi.prod.yaml": "config: { vnic:image: a }" },
      { plain: "a" },
    ],
    [
      "inherits values that it lacks from the project",
      {
        "Pulumi.yaml": `${project}config: { vnic:image: { value: a }, vnic:context: { value: b } }`,
        "Pulumi.prod.yaml": "config: { vnic:context: c }",
      },
      { plain: "a" },
    ],
    [
      "may have keys in the notation of early versions",
      { "Pulumi.yaml": project, "Pulumi.prod.yaml": "config: { vnic:config:image: a }" },
      { plain: "a" },
    ],
    [
      "returns an object as JSON",
      { "Pulumi.yaml": project, "Pulumi.prod.yaml": "config: { vnic:image: { edge: { context: a } } }" },
      { plain: `{"edge":{"context":"a"}}` },
    ],
    [
      "returns an object of the project's file",
      {
        "Pulumi.yaml": `${project}config: { vnic:image: { value: { edge: { context: a } } } }`,
        "Pulumi.prod.yaml": "",
      },
      { plain: `{"edge":{"context":"a"}}` },
    ],
    [
      "hides an object with an encrypted part",
      { "Pulumi.yaml": project, "Pulumi.prod.yaml": "config: { vnic:image: { edge: { context: { secure: v1:x } } } }" },
      hidden,
    ],
    ["may be JSON", { "Pulumi.json": "{}", "Pulumi.prod.json": `{"config":{"vnic:image":"a"}}` }, { plain: "a" }],
  ];
  for (const [what, files, image] of cases)
    it(what, () => {
      for (const [path, text] of Object.entries(files)) write(path, text);
      expect(readStackFile(folder, "prod")?.get("vnic:image")).to.deep.equal(image);
    });

  it("is found from a folder below the project folder", () => {
    write("Pulumi.yaml", `${project}main: src`);
    write("Pulumi.prod.yaml", "config: { vnic:image: a }");
    mkdirSync(join(folder, "src"));
    expect(readStackFile(join(folder, "src"), "prod")?.get("vnic:image")).to.deep.equal({ plain: "a" });
  });

  it("is named in the error when it is invalid, and not quoted", () => {
    write("Pulumi.yaml", project);
    write("Pulumi.prod.yaml", "config: { vnic:kubeconfig: s3cret");
    expect(() => readStackFile(folder, "prod"))
      .to.throw(/Pulumi\.prod\.yaml can't be read \(.+\); correct it/)
      .and.property("message")
      .not.includes("s3cret");
  });

  it("is read without a warning, which would quote a line with a secret", async () => {
    write("Pulumi.yaml", `${project}config: { vnic:image: !vault s3cret }`);
    write("Pulumi.prod.yaml", "config:\n  vnic:kubeconfig: !vault s3cret\n  ? { token: s3cret }\n  : x\n");
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(warning.message);
    process.on("warning", note);
    try {
      expect(readStackFile(folder, "prod")?.get("vnic:kubeconfig")).to.deep.equal({ plain: "s3cret" });
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off("warning", note);
    }
    expect(warnings).to.deep.equal([]);
  });

  it("is the one of the stack in a resource's URN", () => {
    expect(stackOf("urn:pulumi:prod::shop::pulumi-nodejs:dynamic/vnic:Vnic::wire")).to.equal("prod");
    for (const other of [undefined, "", "wire", "urn:pulumi:../etc"]) expect(stackOf(other)).to.equal(undefined);
  });
});
