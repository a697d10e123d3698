import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pages, withTable } from "../../../scripts/docs-tables.ts";
import { root } from "../../support/documents.ts";

describe("the table in the documentation", () => {
  for (const page of Object.keys(pages))
    it(`matches the code (otherwise: npm run docs:tables): ${page}`, async () => {
      expect(readFileSync(join(root, page), "utf8")).to.equal(await withTable(page));
    });
});
