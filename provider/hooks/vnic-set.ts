import type { dynamic } from "@pulumi/pulumi";
import { withoutStack } from "./expected-failure.ts";
import { isStubOutdated, type WithStub } from "./stored-stub.ts";
import { applySet, observeSet, removeSet, type SetDriver } from "../lifecycle/vnic-set.ts";
import { parseVnicId, vnicId } from "../model/names.ts";
import { withoutUndefined } from "../model/vnic/state.ts";
import { refuseNewer } from "../model/vnic/stored.ts";
import { parseSetDefinition, type SetDefinition } from "../model/vnic-set/definition.ts";
import { setDifference } from "../model/vnic-set/diff.ts";
import { setDefinitionOf, type VnicSetState } from "../model/vnic-set/state.ts";
import { progressOf } from "./progress.ts";
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

/* The hooks of a VnicSet, called by the stub in `sdk/stubs.ts`; as those of a Vnic. */

export async function configure({ config }: dynamic.ConfigureRequest): Promise<void> {
  configureWith(config);
}

export const check = checking(parseSetDefinition);

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

export function create(inputs: SetDefinition & WithStub): Promise<dynamic.CreateResult> {
  return make(inputs, undefined, (driver, definition) =>
    applySet(driver, definition, { deadlineSeconds: definition.deadlines.createSeconds }),
  );
}

export async function update(
  _id: string,
  olds: VnicSetState & WithStub,
  news: SetDefinition & WithStub,
): Promise<dynamic.UpdateResult> {
  refuseNewer(olds, `VnicSet ${vnicId(olds)}`);
  const { outs } = await make(news, olds.clusterUid, (driver, definition) =>
    applySet(driver, definition, { known: olds, deadlineSeconds: definition.deadlines.updateSeconds }),
  );
  return { outs };
}

/** `props` are the outputs; of a set that is only looked up by its id, no more than the name that it has in the program. */
export const read = withoutStack(
  async (id: string, props: (VnicSetState | LookedUp) & WithStub): Promise<dynamic.ReadResult> => {
    const known = props.uid === undefined ? undefined : props;
    if (known) refuseNewer(known, `VnicSet ${id}`);
    const driver = await driverFor(id, known ?? props);
    const state = await observeSet(driver, parseVnicId(id), known);
    if (!state) return {};
    const { cluster } = props;
    const outs = { ...state, clusterUid: driver.clusterUid, ...(cluster === undefined ? {} : { cluster }) };
    return withoutUndefined({ id, props: outs, inputs: setDefinitionOf(outs) }) as dynamic.ReadResult;
  },
);

const remove = withoutStack(async (id: string, props: VnicSetState & WithStub): Promise<void> => {
  refuseNewer(props, `VnicSet ${vnicId(props)}`);
  await removeSet(await driverFor(id, props), props);
});
export { remove as delete };

async function driverFor(
  id: string,
  { declaredBy, clusterUid, cluster }: Omit<Resource, "what">,
): Promise<SetDriver & Pick<OpenDriver, "clusterUid">> {
  const driver = await openDriver({ what: `VnicSet ${id}`, declaredBy, clusterUid, cluster });
  return { cluster: driver.cluster, clusterUid: driver.clusterUid, report: progressOf(declaredBy) };
}

async function make(
  { __provider, ...definition }: SetDefinition & WithStub,
  known: string | undefined,
  work: (driver: SetDriver, definition: SetDefinition) => Promise<VnicSetState>,
): Promise<{ id: string; outs: VnicSetState }> {
  noteProgram();
  const id = vnicId(definition);
  const driver = await driverFor(id, { ...definition, clusterUid: known });
  const words = `VnicSet ${id} exists, but not all of its pods are served`;
  const outs = await keepingState({ id, clusterUid: driver.clusterUid, words, __provider }, () =>
    work(driver, definition),
  );
  return { id, outs };
}
