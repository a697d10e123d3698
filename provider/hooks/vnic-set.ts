import type { dynamic } from "@pulumi/pulumi";
import { withoutStack } from "./expected-failure.ts";
import { isStubOutdated, type WithStub } from "./stored-stub.ts";
import { IncompleteError } from "../lifecycle/incomplete-error.ts";
import { applySet, observeSet, removeSet, type SetDriver } from "../lifecycle/vnic-set.ts";
import { parseVnicId, vnicId } from "../model/names.ts";
import { withoutUndefined } from "../model/vnic/state.ts";
import { refuseNewer } from "../model/vnic/stored.ts";
import { parseSetDefinition, type SetDefinition } from "../model/vnic-set/definition.ts";
import { setDifference } from "../model/vnic-set/diff.ts";
import { setDefinitionOf, type VnicSetState } from "../model/vnic-set/state.ts";
import { progressOf } from "./progress.ts";
import { failuresOf, programInputs } from "./program-inputs.ts";
import { configureWith, noteProgram, openDriver, type OpenDriver, type Resource } from "./open-driver.ts";

/* The hooks of a VnicSet, called by the stub in `sdk/stubs.ts`; as those of a Vnic. */

export async function configure({ config }: dynamic.ConfigureRequest): Promise<void> {
  configureWith(config);
}

export const check = withoutStack(
  async (olds: unknown, news: WithStub & Record<string, unknown>): Promise<dynamic.CheckResult> => {
    noteProgram();
    const inputs = programInputs(olds, news);
    const parsed = parseSetDefinition(inputs);
    return "problems" in parsed
      ? { inputs, failures: failuresOf(inputs, parsed.problems) }
      : { inputs: withoutUndefined(parsed.definition) };
  },
);

export const diff = withoutStack(
  async (_id: string, olds: VnicSetState & WithStub, news: SetDefinition & WithStub): Promise<dynamic.DiffResult> => {
    refuseNewer(olds, `VnicSet ${vnicId(olds)}`);
    const { update, replace } = setDifference(olds, news);
    // `changes` left open: the engine then finds the changed keys itself.
    if (update.length + replace.length > 0) return { replaces: [...replace], deleteBeforeReplace: true };
    // Pods that had no Vnic when it was last looked at are waited for once more.
    return { changes: isStubOutdated(olds) || olds.ready < olds.desired };
  },
);

export async function create(inputs: SetDefinition & WithStub): Promise<dynamic.CreateResult> {
  const outs = await keepingState(inputs, undefined, (driver, definition) =>
    applySet(driver, definition, { deadlineSeconds: definition.deadlines.createSeconds }),
  );
  return { id: vnicId(inputs), outs };
}

export async function update(
  _id: string,
  olds: VnicSetState & WithStub,
  news: SetDefinition & WithStub,
): Promise<dynamic.UpdateResult> {
  refuseNewer(olds, `VnicSet ${vnicId(olds)}`);
  const outs = await keepingState(news, olds.clusterUid, (driver, definition) =>
    applySet(driver, definition, { known: olds, deadlineSeconds: definition.deadlines.updateSeconds }),
  );
  return { outs };
}

/** `props` are the outputs; of a set that is only looked up by its id, no more than the name that it has in the program. */
export const read = withoutStack(
  async (
    id: string,
    props: (VnicSetState | { readonly uid?: undefined; readonly declaredBy?: string }) & WithStub,
  ): Promise<dynamic.ReadResult> => {
    const known = props.uid === undefined ? undefined : props;
    if (known) refuseNewer(known, `VnicSet ${id}`);
    const driver = await driverFor(id, known ?? { declaredBy: props.declaredBy });
    const state = await observeSet(driver, parseVnicId(id), known);
    if (!state) return {};
    const outs = { ...state, clusterUid: driver.clusterUid };
    return withoutUndefined({ id, props: outs, inputs: setDefinitionOf(state) }) as dynamic.ReadResult;
  },
);

const remove = withoutStack(async (id: string, props: VnicSetState & WithStub): Promise<void> => {
  refuseNewer(props, `VnicSet ${vnicId(props)}`);
  await removeSet(await driverFor(id, props), props);
});
export { remove as delete };

async function driverFor(
  id: string,
  { declaredBy, clusterUid }: Omit<Resource, "what">,
): Promise<SetDriver & Pick<OpenDriver, "clusterUid">> {
  const driver = await openDriver({ what: `VnicSet ${id}`, declaredBy, clusterUid });
  return { cluster: driver.cluster, clusterUid: driver.clusterUid, report: progressOf(declaredBy) };
}

/** If it fails half-way, the engine is told what exists, so that it stays in state. */
async function keepingState(
  { __provider, ...definition }: SetDefinition & WithStub,
  clusterUid: string | undefined,
  make: (driver: SetDriver, definition: SetDefinition) => Promise<VnicSetState>,
): Promise<VnicSetState> {
  noteProgram();
  const id = vnicId(definition);
  const driver = await driverFor(id, { declaredBy: definition.declaredBy, clusterUid });
  const made = { clusterUid: driver.clusterUid };
  try {
    return { ...(await make(driver, definition)), ...made };
  } catch (error) {
    if (!(error instanceof IncompleteError)) throw error;
    const properties = withoutUndefined({ ...error.state, ...made, __provider });
    throw Object.assign(new Error(`VnicSet ${id} exists, but not all of its pods are served`, { cause: error }), {
      id,
      properties,
      reasons: [error.message],
    });
  }
}
