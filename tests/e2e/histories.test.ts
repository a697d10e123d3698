import { randomInt } from "node:crypto";
import { runHistory } from "../histories/history.ts";

describe("a random history of Vnics", () => {
  const seed = randomInt(1_000_000);

  // To repeat a failed history, or to run a longer one: npm run test:histories -- --seed <seed> --operations 2000.
  it(`is planned exactly as it is done, is done once, and leaves the expected final state (seed ${seed})`, async () => {
    const said: string[] = [];
    await runHistory({ operations: 45, seed, operationsPerStep: 15, say: (text) => said.push(text) }).catch(
      (error: Error) => {
        throw new Error(`${said.join("\n")}\n${error.message}`, { cause: error });
      },
    );
  });
});
