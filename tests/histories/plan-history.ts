import { isDeepStrictEqual } from "node:util";
import { Project } from "../preview/project.ts";
import { Choice } from "./choice.ts";
import { PlanModel, type PlanStep } from "./plan-model.ts";

export interface PlanHistoryOptions {
  readonly operations: number;
  readonly seed: number;
  readonly operationsPerStep: number;
  readonly say: (text: string) => void;
}

/**
 * A random history of a program with Networks, Vnics and VnicSets under the real engine, in a cluster where all succeeds at
 * once. Each step is previewed and done in one of the engine's ways; what is done must be what was planned, and a preview
 * afterwards must find nothing to do.
 */
export async function runPlanHistory({ operations, seed, operationsPerStep, say }: PlanHistoryOptions): Promise<void> {
  const project = await Project.create();
  const model = new PlanModel(new Choice(seed));
  const choice = new Choice(seed + 1);
  try {
    await project.program(model.program());
    await project.stack.up();
    for (let done = 0; done < operations;) {
      const step = model.next(Math.min(operationsPerStep, operations - done));
      done += step.operations.length;
      const way = choice.one(ways);
      say(`${done} of ${operations}, ${way.name}: ${step.operations.join(", ")}`);
      await project.program(model.program());
      await way(project, step, urnsOf(model, choice));
      await project.stack.must("preview", "--expect-no-changes");
    }
    await project.stack.destroy("--run-program");
  } finally {
    await project.remove();
  }
}

type Way = (project: Project, step: PlanStep, urn: string) => Promise<void>;

const apply = ["up", "--yes", "--skip-preview"];

async function plainly(project: Project, step: PlanStep): Promise<void> {
  const planned = await project.ops("preview");
  assertExpected(planned, step);
  assertDone(planned, await project.ops(...apply));
}

async function bySavedPlan(project: Project, step: PlanStep): Promise<void> {
  const plan = project.file("plan.json");
  const planned = await project.ops("preview", "--save-plan", plan);
  assertExpected(planned, step);
  assertDone(planned, await project.ops(...apply, "--plan", plan));
}

async function withRefresh(project: Project, step: PlanStep): Promise<void> {
  const planned = await project.ops("preview", "--refresh");
  assertExpected(planned, step);
  assertDone(planned, await project.ops(...apply, "--refresh"));
}

/** What was there before is refreshed by the new program. */
async function afterRefreshByProgram(project: Project, step: PlanStep): Promise<void> {
  await project.stack.must("refresh", "--yes", "--skip-preview", "--run-program");
  await plainly(project, step);
}

/**
 * Plans nothing else for a target, and nothing for what is excluded. It is only planned: the engine can write state in an order
 * that it refuses to read (seen with 3.230: "dependency comes after it"), when a targeted up leaves out what was changed.
 */
const targeting = (word: "--target" | "--exclude"): Way =>
  async function (project, step, urn) {
    const { code, ops } = await project.run("preview", word, urn);
    const name = urn.split("::").at(-1) ?? "";
    const changed = Object.keys(ops).filter((one) => ops[one] !== "same");
    const wrong = changed.filter((one) => (word === "--target") !== (one === name));
    // One whose dependencies aren't made yet can't be made alone.
    if (code === 0 && wrong.length > 0) throw new Error(`${word} ${name}: the plan has ${wrong.join(", ")}`);
    await plainly(project, step);
  };

const named = (name: string, way: Way): Way => Object.defineProperty(way, "name", { value: name });
const ways: readonly Way[] = [
  named("plainly", plainly),
  named("by a saved plan", bySavedPlan),
  named("with a refresh", withRefresh),
  named("after a refresh by the program", afterRefreshByProgram),
  named("with a target", targeting("--target")),
  named("with an exclusion", targeting("--exclude")),
];

/** The URN of one resource of the program. */
function urnsOf({ resources }: PlanModel, choice: Choice): string {
  const { kind, name } = choice.one<{ kind: string; name: string }>(resources);
  return `urn:pulumi:test::vnic-preview::pulumi-nodejs:dynamic/vnic:${kind}::${name}`;
}

function assertExpected(planned: Record<string, string>, { expected }: PlanStep): void {
  const wrong = [...expected].filter(([name, op]) => (planned[name] ?? "nothing") !== op);
  if (wrong.length === 0) return;
  const words = wrong.map(([name, op]) => `${name}: ${planned[name] ?? "nothing"} instead of ${op}`);
  throw new Error(`the plan is not as it should be: ${words.join(", ")}`);
}

/** What isn't known in a preview may turn out to be what it was. */
function assertDone(planned: Record<string, string>, done: Record<string, string>): void {
  if (isDeepStrictEqual(planned, done)) return;
  const names = new Set([...Object.keys(planned), ...Object.keys(done)]);
  const wrong = [...names].filter(
    (name) => planned[name] !== done[name] && !(planned[name] === "update" && done[name] === "same"),
  );
  const words = wrong.map((name) => `${name}: ${done[name] ?? "nothing"}, planned was ${planned[name] ?? "nothing"}`);
  if (words.length > 0) throw new Error(`what was done is not what was planned: ${words.join(", ")}`);
}
