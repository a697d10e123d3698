import { expect } from "chai";
import { apiVersion } from "../../provider/model/names.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { bounds } from "../support/oversized.ts";

describe("the API server", () => {
  let api: ApiServer;
  const namespace = "bounds";
  before(async () => {
    api = await apiServer();
    await api.makeNamespace(namespace);
  });

  const admit = async (kind: string, spec: object) => {
    const metadata = kind === "VnicNetwork" ? { name: "lan" } : { namespace, name: "wire" };
    return api.tryCreate({ apiVersion, kind, metadata, spec });
  };

  for (const { kind, property, limit, of } of bounds)
    it(`refuses a ${kind} whose ${property} is larger than ${limit}, and names field and limit`, async () => {
      const { code, stderr } = await admit(kind, of(limit + 1));
      expect(code).to.not.equal(0);
      expect(stderr).to.include(`spec.${property}`);
      expect(stderr).to.match(new RegExp(`\\b${limit}\\b`));
      expect(stderr.length).to.be.below(4000);
    });

  for (const { kind, property, limit, of } of bounds.filter(
    ({ property }) => !/\]$|name|parent$|mac$|hostname/.test(property),
  ))
    it(`doesn't refuse a ${kind} because of the size of ${property} at ${limit}`, async () => {
      const { stderr } = await admit(kind, of(limit));
      expect(stderr).to.not.match(/Too many|Too long|must have at most|cost/i);
    });

  it("limits a label's key, which has no schema of its own", async () => {
    const { stderr } = await admit("VnicSet", {
      selector: { ["x".repeat(400)]: "a" },
      template: { network: { name: "lan" } },
    });
    expect(stderr).to.include("spec.selector: ").and.to.include("longer than 317 characters");
  });
});
