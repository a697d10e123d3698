import type { dynamic } from "@pulumi/pulumi";
import { withoutStack } from "./expected-failure.ts";
import { isStubOutdated, type WithStub } from "./stored-stub.ts";
import { ensureNetwork, readNetwork, removeNetwork } from "../lifecycle/network/network-record.ts";
import { type NetworkDefinition, parseNetwork } from "../model/network/definition.ts";
import { networkFields } from "../model/network/fields.ts";
import { compare, present } from "../model/schema/known.ts";
import { schemaVersion, withoutUndefined } from "../model/vnic/state.ts";
import { refuseNewer } from "../model/vnic/stored.ts";
import { packageVersion } from "../base/package.ts";
import { checking } from "./checking.ts";
import {
  configureWith,
  type LookedUp,
  noteProgram,
  openDriver,
  type OpenDriver,
  type Resource,
} from "./open-driver.ts";

/* The hooks of a Network, called by the stub in `sdk/stubs.ts`. */

/** What Pulumi stores of a Network: its definition, and its record's UID. */
interface NetworkState extends NetworkDefinition {
  readonly schemaVersion: number;
  readonly providerVersion: string;
  readonly uid: string;
  /** UID of the cluster; absent in what earlier versions stored. */
  readonly clusterUid?: string;
}

export async function configure({ config }: dynamic.ConfigureRequest): Promise<void> {
  configureWith(config);
}

export const check = checking(parseNetwork);

/** All is changed in place, but for the name, by which Vnics know it, and the cluster that it is in. */
export const diff = withoutStack(
  async (
    _id: string,
    olds: NetworkState & WithStub,
    news: NetworkDefinition & WithStub,
  ): Promise<dynamic.DiffResult> => {
    refuseNewer(olds, `Network ${olds.name}`);
    const replaces = (["name", "cluster"] as const).filter((key) => compare(olds[key], news[key]) === "different");
    if (replaces.length > 0) return { replaces, deleteBeforeReplace: true };
    if (compare(fieldsOf(olds), fieldsOf(news)) !== "same") return { replaces: [] };
    return { changes: isStubOutdated(olds) };
  },
);

export async function create({
  __provider: _,
  ...definition
}: NetworkDefinition & WithStub): Promise<dynamic.CreateResult> {
  noteProgram();
  const { cluster, clusterUid } = await openFor(definition);
  const record = await ensureNetwork(cluster, definition);
  return { id: definition.name, outs: stateOf(definition, record.metadata.uid, clusterUid) };
}

export async function update(
  _id: string,
  olds: NetworkState,
  { __provider: _, ...definition }: NetworkDefinition & WithStub,
): Promise<dynamic.UpdateResult> {
  noteProgram();
  refuseNewer(olds, `Network ${olds.name}`);
  const { cluster, clusterUid } = await openFor(definition, olds.clusterUid);
  const record = await ensureNetwork(cluster, definition, olds);
  return { outs: stateOf(definition, record.metadata.uid, clusterUid) };
}

/** `props` are the outputs; of a Network that is only looked up by its id, no more than the name that it has in the program. */
export const read = withoutStack(
  async (id: string, props: (NetworkState | LookedUp) & WithStub): Promise<dynamic.ReadResult> => {
    const known = props.uid === undefined ? undefined : props;
    if (known) refuseNewer(known, `Network ${id}`);
    const { cluster, clusterUid } = await openFor({ ...props, name: id }, known?.clusterUid);
    const found = await readNetwork(cluster, id, props.uid);
    if (!found) return {};
    const { declaredBy = found.definition.declaredBy, cluster: inCluster } = props;
    const definition = present({ ...found.definition, declaredBy, cluster: inCluster });
    const outs = stateOf(definition, found.uid, clusterUid);
    return withoutUndefined({ id, props: outs, inputs: definition }) as dynamic.ReadResult;
  },
);

const remove = withoutStack(async (_id: string, { name, uid, ...rest }: NetworkState): Promise<void> => {
  refuseNewer(rest, `Network ${name}`);
  const { cluster } = await openFor({ name, ...rest }, rest.clusterUid);
  await removeNetwork(cluster, { name, uid });
});
export { remove as delete };

function openFor(
  { name, declaredBy, cluster }: Pick<Resource, "declaredBy" | "cluster"> & { readonly name: string },
  clusterUid?: string,
): Promise<OpenDriver> {
  return openDriver({ what: `Network ${name}`, declaredBy, clusterUid, cluster });
}

function stateOf(definition: NetworkDefinition, uid: string, clusterUid: string): NetworkState {
  const made = { uid, clusterUid, schemaVersion, providerVersion: packageVersion };
  return withoutUndefined({ ...definition, ...made }) as NetworkState;
}

/** What is the network's own; who declared it changes with an alias. */
function fieldsOf(of: NetworkDefinition & WithStub): unknown {
  return Object.fromEntries(
    ["name", "cluster", ...Object.keys(networkFields)].map((key) => [key, of[key as keyof NetworkDefinition]]),
  );
}
