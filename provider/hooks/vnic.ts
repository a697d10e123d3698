import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { withoutStack } from "./expected-failure.ts";
import { isStubOutdated, type WithStub } from "./stored-stub.ts";
import { Deadline } from "../lifecycle/deadline.ts";
import type { Driver } from "../lifecycle/driver.ts";
import { eject } from "../lifecycle/eject.ts";
import { inject } from "../lifecycle/inject.ts";
import { discover, observe } from "../lifecycle/observe.ts";
import { type Definition, fromInputs, inputsOf, parseDefinition } from "../model/vnic/definition.ts";
import { type Difference, difference } from "../model/vnic/diff.ts";
import { parseVnicId, vnicId } from "../model/names.ts";
import { vnicRef } from "../model/vnic/record.ts";
import { definitionOf, type VnicState, withoutUndefined } from "../model/vnic/state.ts";
import { readInputs, readState, refuseNewerVnic } from "../model/vnic/stored.ts";
import { progressOf, warningOf } from "./progress.ts";
import { checking } from "./checking.ts";
import { keepingState } from "./keeping-state.ts";
import {
  configureWith,
  type LookedUp,
  noteProgram,
  openDriver,
  type OpenDriver,
  type Resource,
} from "./open-driver.ts";

/* The hooks of a Vnic, called by the stub in `sdk/stubs.ts`. `check` and `diff` do no I/O: the engine calls them one
   resource at a time, in previews too. */

export async function configure({ config }: dynamic.ConfigureRequest): Promise<void> {
  configureWith(config);
}

export const check = checking(parseDefinition, inputsOf);

export const diff = withoutStack(
  async (_id: string, olds: VnicState & WithStub, news: Definition & WithStub): Promise<dynamic.DiffResult> => {
    const { update, replace } = differenceOf(olds, news);
    // `changes` left open: the engine then finds the changed keys itself, for `--diff`, `--json` and replaceOnChanges.
    if (update.length + replace.length > 0) return { replaces: [...replace], deleteBeforeReplace: true };
    // Something was amiss when it was last looked at; or the stub in state is an older one, which only an update replaces.
    return { changes: olds.drift !== undefined || isStubOutdated(olds) };
  },
);

function differenceOf(olds: VnicState & WithStub, { __provider: _, ...news }: Definition & WithStub): Difference {
  refuseNewerVnic(olds);
  // What is the same is so with all defaults, too; a refresh asks for all Vnics that are as they were.
  if (isDeepStrictEqual(definitionOf(olds), fromInputs(news))) return { update: [], replace: [] };
  return difference(definitionOf(readState(olds)), fromInputs(readInputs(news)));
}

export function create(inputs: Definition & WithStub): Promise<dynamic.CreateResult> {
  return make(inputs, undefined, (driver, definition) => inject(driver, definition));
}

export async function update(
  _id: string,
  olds: VnicState & WithStub,
  news: Definition & WithStub,
): Promise<dynamic.UpdateResult> {
  const known = readState(olds);
  const { outs } = await make(news, known.clusterUid, (driver, definition) =>
    inject(driver, definition, { known, deadlineSeconds: definition.deadlines.updateSeconds }),
  );
  return { outs };
}

/** `props` are the outputs; of a Vnic that is only looked up by its id, no more than the name that it has in the program. */
export const read = withoutStack(
  async (id: string, props: (VnicState | LookedUp) & WithStub): Promise<dynamic.ReadResult> => {
    const ref = parseVnicId(id);
    const known = props.uid === undefined ? undefined : readState(props);
    const driver = await driverFor(id, known ?? props);
    const state = known
      ? await observe(driver, ref, known, { view: driver.surveyor.nextView() })
      : await discover(driver, ref);
    if (!state) return {};
    const { cluster } = props;
    const outs = { ...state, clusterUid: driver.clusterUid, ...(cluster === undefined ? {} : { cluster }) };
    return withoutUndefined({ id, props: outs, inputs: inputsOf(definitionOf(outs)) }) as dynamic.ReadResult;
  },
);

const remove = withoutStack(async (id: string, props: VnicState & WithStub): Promise<void> => {
  const { uid, owner, node, pod, deadlines, clusterUid, cluster, declaredBy } = readState(props);
  const deadline = new Deadline(`taking Vnic ${id} out of pod ${pod.namespace}/${pod.name}`, deadlines.deleteSeconds);
  const driver = await driverFor(id, { declaredBy, clusterUid, cluster });
  const known = { uid, ...(owner === undefined ? {} : { owner }), node, podName: pod.name };
  await eject(driver, parseVnicId(id), known, deadline).finally(() => driver.surveyor.forget());
});
export { remove as delete };

async function driverFor(id: string, of: Omit<Resource, "what">): Promise<Driver & OpenDriver> {
  const { declaredBy, clusterUid, cluster } = of;
  const driver = await openDriver({ what: `Vnic ${id}`, declaredBy, clusterUid, cluster });
  return { ...driver, report: progressOf(declaredBy), warn: warningOf(declaredBy) };
}

async function make(
  { __provider, ...inputs }: Definition & WithStub,
  known: string | undefined,
  work: (driver: Driver, definition: Definition) => Promise<VnicState>,
): Promise<{ id: string; outs: VnicState }> {
  noteProgram();
  const definition = fromInputs(inputs);
  const id = vnicId(vnicRef(definition));
  const driver = await driverFor(id, { ...definition, clusterUid: known });
  const { clusterUid, surveyor } = driver;
  const words = `Vnic ${id} exists, but is not complete`;
  const outs = await keepingState({ id, clusterUid, words, __provider }, () => work(driver, definition)).finally(() =>
    surveyor.forget(),
  );
  return { id, outs };
}
