import { isDeepStrictEqual } from "node:util";
import { Project } from "../preview/project.ts";
import { Choice } from "./choice.ts";
import type { HistoryOptions } from "./history.ts";
import { type Entry, PlanModel, type PlanStep } from "./plan-model.ts";

/**
 * A random history of a program with Networks, Vnics and VnicSets under the real engine, in a simulated cluster where
 * everything succeeds at once. Each step is previewed and done in one of several ways. The result must match the plan,
 * and a preview afterwards must find nothing to do.
 */
export async function runPlanHistory({ operations, seed, operationsPerStep, say }: HistoryOptions): Promise<void> {
  const project = await Project.create();
  const model = new PlanModel(new Choice(seed));
  const choice = new Choice(seed + 1);
  try {
    await project.program(model.program());
    await project.stack.up();
    for (let done = 0; done < operations;) {
      const step = model.next(Math.min(operationsPerStep, operations - done));
      done += step.operations.length;
      const [name, way] = choice.one(ways);
      say(`${done} of ${operations}, ${name}: ${step.operations.join(", ")}`);
      await project.program(model.program());
      await way(project, step, choice.one(model.resources));
      await project.stack.must("preview", "--expect-no-changes");
    }
    await project.stack.destroy("--run-program");
  } finally {
    await project.remove();
  }
}

type Way = (project: Project, step: PlanStep, one: Entry) => Promise<void>;

/** The names and functions of the ways to preview a step and then do it. The last ways do something else first. */
const ways: readonly [name: string, way: Way][] = [
  ["plainly", (project, step) => planAndDo(project, step)],
  ["by a saved plan", bySavedPlan],
  ["with a refresh", (project, step) => planAndDo(project, step, ["--refresh"], ["--refresh"])],
  ["after a refresh by the program", afterRefreshByProgram],
  ["with a target", (project, step, one) => afterLimitedPlan(project, step, "--target", one)],
  ["with an exclusion", (project, step, one) => afterLimitedPlan(project, step, "--exclude", one)],
];

/** Previews a step and does it, each with options of its own. */
async function planAndDo(
  project: Project,
  step: PlanStep,
  previewing: readonly string[] = [],
  doing: readonly string[] = [],
): Promise<void> {
  const planned = await project.ops("preview", ...previewing);
  assertExpected(planned, step);
  assertDone(planned, await project.ops("up", "--yes", "--skip-preview", ...doing));
}

/**
 * Saves the plan of a step, and does the step by that plan. The engine refuses its own plan of a resource that is renamed by an
 * alias and deleted before it is replaced, because it looks for the deletion by the old name (seen with 3.230: "delete-replaced
 * is not allowed by the plan"). Such a step is done without the plan.
 */
async function bySavedPlan(project: Project, step: PlanStep): Promise<void> {
  const file = project.file("plan.json");
  const planned = await project.ops("preview", "--save-plan", file);
  assertExpected(planned, step);
  const isRefused = step.renamed.some((name) => planned[name] === "replace");
  assertDone(planned, await project.ops("up", "--yes", "--skip-preview", ...(isRefused ? [] : ["--plan", file])));
}

/** Runs a refresh with the new program, and then does the step. */
async function afterRefreshByProgram(project: Project, step: PlanStep): Promise<void> {
  await project.stack.must("refresh", "--yes", "--skip-preview", "--run-program");
  await planAndDo(project, step);
}

/**
 * Previews the step for one resource alone, or for all others, and then does the whole step. The limited step itself
 * isn't done: after a targeted up that leaves out a changed resource, the engine may write state in an order that it
 * refuses to read (seen with 3.230: "dependency comes after it").
 */
async function afterLimitedPlan(
  project: Project,
  step: PlanStep,
  word: "--target" | "--exclude",
  { kind, name }: Entry,
): Promise<void> {
  const urn = `urn:pulumi:test::vnic-preview::pulumi-nodejs:dynamic/vnic:${kind}::${name}`;
  const { code, ops } = await project.run("preview", word, urn);
  const changed = Object.keys(ops).filter((one) => ops[one] !== "same");
  const wrong = changed.filter((one) => (word === "--target") !== (one === name));
  // A resource can't be created alone if its dependencies don't exist yet.
  if (code === 0 && wrong.length > 0) throw new Error(`${word} ${name}: the plan has ${wrong.join(", ")}`);
  await planAndDo(project, step);
}

function assertExpected(planned: Record<string, string>, { expected }: PlanStep): void {
  const wrong = [...expected].filter(([name, op]) => (planned[name] ?? "nothing") !== op);
  if (wrong.length === 0) return;
  const words = wrong.map(([name, op]) => `${name}: ${planned[name] ?? "nothing"} instead of ${op}`);
  throw new Error(`the plan is not as it should be: ${words.join(", ")}`);
}

/**
 * Checks that the planned operations were done. A planned update with an unknown value may turn out to change nothing.
 */
function assertDone(planned: Record<string, string>, done: Record<string, string>): void {
  if (isDeepStrictEqual(planned, done)) return;
  const names = new Set([...Object.keys(planned), ...Object.keys(done)]);
  const wrong = [...names].filter(
    (name) => planned[name] !== done[name] && !(planned[name] === "update" && done[name] === "same"),
  );
  const words = wrong.map((name) => `${name}: ${done[name] ?? "nothing"}, planned was ${planned[name] ?? "nothing"}`);
  if (words.length > 0) throw new Error(`what was done is not what was planned: ${words.join(", ")}`);
}
