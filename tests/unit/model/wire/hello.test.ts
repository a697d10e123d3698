import { expect } from "chai";
import fc from "fast-check";
import { findHelloId } from "../../../../provider/model/wire/hello.ts";
import { request } from "../../../../provider/model/wire/session-protocol.ts";

/** What the schema of requests says. */
function findBySchema(json: unknown): number | undefined {
  const { data } = request.safeParse(json);
  return data?.verb === "hello" ? data.id : undefined;
}

describe("hello, which is recognised without the schema of requests", () => {
  const values: Record<string, unknown> = {
    "a hello": { id: 1, verb: "hello" },
    "a hello in another order": { verb: "hello", id: 7 },
    "the ID 0": { id: 0, verb: "hello" },
    "a negative ID": { id: -3, verb: "hello" },
    "no ID": { verb: "hello" },
    "an ID that is a text": { id: "1", verb: "hello" },
    "an ID that is a fraction": { id: 1.5, verb: "hello" },
    "an ID beyond the exact integers": { id: 2 ** 53, verb: "hello" },
    "another field": { id: 1, verb: "hello", plan: {} },
    "a field of a special name": JSON.parse('{"id":1,"verb":"hello","__proto__":{}}') as unknown,
    "another verb": { id: 1, verb: "list" },
    "a list": [{ id: 1, verb: "hello" }],
    "no object": "hello",
    "no JSON": undefined,
  };
  for (const [what, value] of Object.entries(values))
    it(`is accepted or not exactly as by that schema: ${what}`, () =>
      expect(findHelloId(value)).to.equal(findBySchema(value)));

  it("is accepted or not exactly as by that schema, whatever the value is", () => {
    const id = fc.oneof(fc.integer(), fc.double(), fc.jsonValue());
    const verb = fc.oneof(fc.constant("hello"), fc.jsonValue());
    const value = fc.record({ id, verb, more: fc.jsonValue() }, { requiredKeys: [] });
    fc.assert(fc.property(value, (value) => findHelloId(value) === findBySchema(value)));
  });
});
