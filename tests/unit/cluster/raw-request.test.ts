import type { ResponseContext } from "@kubernetes/client-node";
import { expect } from "chai";
import { textWithin } from "../../../provider/cluster/raw-request.ts";

describe("the text of a response", () => {
  let [sent, isCancelled] = [0, false];

  /** A response that arrives in these chunks. */
  const responseOf = async (chunks: readonly Uint8Array[]) => {
    [sent, isCancelled] = [0, false];
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          const chunk = chunks[sent++];
          if (chunk) controller.enqueue(chunk);
          else controller.close();
        },
        cancel: () => void (isCancelled = true),
      },
      { highWaterMark: 0 },
    );
    return { body: { stream: () => body } } as unknown as ResponseContext;
  };

  it("is whole if it is short enough, also with a character in two chunks", async () => {
    const bytes = Buffer.from("déjà vu");
    const chunks = [...bytes].map((byte) => Uint8Array.of(byte));
    expect(await textWithin(responseOf(chunks), bytes.length)).to.equal("déjà vu");
    expect(await textWithin(responseOf([]), 10)).to.equal("");
  });

  it("isn't read further than the limit", async () => {
    const chunks = Array.from({ length: 1000 }, () => Buffer.from("four"));
    expect(await textWithin(responseOf(chunks), 10)).to.equal(undefined);
    expect(sent).to.be.at.most(3);
    expect(isCancelled).to.equal(true);
  });
});
