import { expect } from "chai";
import { changesOf } from "../../../scripts/release/changes.ts";

const changelog = "# Changelog\n\n## Unreleased\n\n- new\n\n## 0.2.0 (2026-11-29)\n\n- second\n\n## 0.1.0\n\n- first\n";

describe("the changes of a version", () => {
  it("are its own section, whatever text follows its number", () => {
    expect(changesOf(changelog, "0.2.0")).to.equal("- second\n");
    expect(changesOf(changelog, "0.1.0")).to.equal("- first\n");
  });

  it("are the unreleased section while it has none", () => {
    expect(changesOf(changelog, "0.3.0")).to.equal("- new\n");
  });

  it("are an error when there is no section", () => {
    expect(() => changesOf("# Changelog\n\n## 0.1.0\n\n- first\n", "0.2.0")).to.throw("0.2.0");
  });
});
