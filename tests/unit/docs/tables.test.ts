import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pages, withTable } from "../../../scripts/docs-tables.ts";
import { root } from "../../support/documents.ts";

describe("the table of inputs", () => {
  for (const page of Object.keys(pages))
    it(`is the one of the provider's fields (else: npm run docs:tables): ${page}`, async () => {
      expect(readFileSync(join(root, page), "utf8")).to.equal(await withTable(page));
    });
});
