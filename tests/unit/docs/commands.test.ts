import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { commandScript } from "../../support/command-line.ts";
import { type Document, readDocuments, root } from "../../support/documents.ts";

const documents = readDocuments();

/** Lines of inline or fenced code in one document. */
function codeOf({ spans, blocks }: Document): string[] {
  return [...spans, ...blocks.map(({ text }) => text)].flatMap((text) => text.replaceAll("\\\n", " ").split("\n"));
}

function scriptsIn(folder: string): string[] {
  const file = join(root, folder, "package.json");
  if (!existsSync(file)) return [];
  const { scripts = {} } = JSON.parse(readFileSync(file, "utf8")) as { scripts?: Record<string, string> };
  return Object.keys(scripts);
}

/** The options of each pulumi-vnic command, from its own help. */
const commands = new Map(
  [...help().matchAll(/^ {2}([a-z]+)(?: [[<].*?)? {2,}/gm)].map(([, name = ""]) => [
    name,
    [...help(name).matchAll(/(?<=^ {2}.*)--[a-z-]+/gm)].map(([option]): string => option),
  ]),
);

function help(...command: string[]): string {
  const { stdout } = spawnSync(process.execPath, [commandScript, ...command, "--help"], {
    encoding: "utf8",
  });
  return stdout;
}

describe("the commands in the documentation", () => {
  it("are compared with the program's help", () => {
    expect(commands.get("manifests")).to.include.members(["--image", "--without", "--help"]);
  });

  for (const document of documents) {
    it(`are known to pulumi-vnic: ${document.path}`, () => {
      const unknown = codeOf(document).flatMap((line) =>
        [...line.matchAll(/(?:npx pulumi-vnic|cli\/main\.js) ([a-z]+)([^|#]*)/g)].flatMap(
          ([, command = "", rest = ""]) => {
            const options = commands.get(command);
            return options
              ? (rest.match(/(?<= )--[a-z-]+/g) ?? []).filter((word) => !options.includes(word))
              : [command];
          },
        ),
      );
      expect(unknown).to.deep.equal([]);
    });

    it(`are scripts of a package.json: ${document.path}`, () => {
      const known = [...scriptsIn(""), ...scriptsIn(dirname(document.path))];
      const named = codeOf(document).flatMap((line) =>
        [...line.matchAll(/\bnpm run (?:-s |--silent )?([\w:-]+)/g)].map(([, script = ""]) => script),
      );
      expect(named.filter((script) => !known.includes(script))).to.deep.equal([]);
    });

    it(`name existing tests: ${document.path}`, () => {
      const wishes = codeOf(document).flatMap((line) =>
        [...line.matchAll(/\bnpm test (?:-- )?([^-#`'][^#`']*)/g)].flatMap(([, words = ""]) =>
          words
            .split(/ +--/)[0]!
            .split(/\s+/)
            .filter((word) => word !== ""),
        ),
      );
      expect(wishes.filter((wish) => !existsSync(join(root, "tests", wish)))).to.deep.equal([]);
    });
  }
});
