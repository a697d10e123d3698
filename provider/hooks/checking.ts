import type { dynamic } from "@pulumi/pulumi";
import type { Problem } from "../model/schema/problem.ts";
import { withoutUndefined } from "../model/vnic/state.ts";
import { declaredOnce } from "./declared-once.ts";
import { withoutStack } from "./expected-failure.ts";
import { clusterProblems, recordProgramRun } from "./open-driver.ts";
import { failuresOf, programInputs } from "./program-inputs.ts";
import { secretsOf, type WithSecrets } from "./secret-inputs.ts";
import type { WithStub } from "./stored-stub.ts";

/**
 * Makes the hook `check` of a kind of resource. `parse` validates the program's inputs; `inputsOf` converts the result
 * to the inputs of later hooks; `idOf` is the ID of its record.
 */
export function checking<Definition extends { readonly cluster?: string; readonly declaredBy?: string }>(
  kind: string,
  idOf: (definition: Definition) => string,
  parse: (inputs: unknown) => { definition: Definition } | { problems: Problem[] },
  inputsOf: (definition: Definition) => object = (definition) => definition,
) {
  return withoutStack(
    async (olds: unknown, news: WithStub & WithSecrets & Record<string, unknown>): Promise<dynamic.CheckResult> => {
      recordProgramRun();
      const inputs = programInputs(olds, news);
      const { secretInputs: _, ...given } = inputs;
      const parsed = parse(given);
      const problems =
        "problems" in parsed
          ? parsed.problems
          : [...clusterProblems(parsed.definition), ...declaredOnce(kind, idOf(parsed.definition), parsed.definition)];
      return "problems" in parsed || problems.length > 0
        ? { inputs, failures: failuresOf(inputs, problems) }
        : { inputs: withoutUndefined({ ...inputsOf(parsed.definition), ...secretsOf(news) }) };
    },
  );
}
