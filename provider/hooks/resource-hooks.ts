import type { dynamic } from "@pulumi/pulumi";
import type { Difference } from "../model/schema/difference.ts";
import type { Problem } from "../model/schema/problem.ts";
import { withoutUndefined } from "../model/vnic/state.ts";
import { refuseNewer } from "../model/vnic/stored.ts";
import { checking } from "./checking.ts";
import { withoutStack } from "./expected-failure.ts";
import { keepingState } from "./keeping-state.ts";
import { configureWith, type LookedUp, noteProgram, openDriver, type OpenDriver } from "./open-driver.ts";
import { progressOf, warningOf } from "./progress.ts";
import { hidingSecrets, secretsOf, withoutSecrets, type WithSecrets } from "./secret-inputs.ts";
import { isStubOutdated, type WithStub } from "./stored-stub.ts";

/** The properties of a resource that decide which driver is opened. */
interface Declared extends WithSecrets {
  readonly declaredBy?: string;
  readonly cluster?: string;
}

/** What Pulumi stores of a resource of any kind, beside its definition. */
export interface StoredState extends Declared {
  readonly schemaVersion: number;
  readonly providerVersion: string;
  readonly uid: string;
  readonly clusterUid?: string;
}

/** A driver that shows progress and warnings on the resource's own row. */
export interface ReportingDriver extends OpenDriver {
  readonly report: (text: string) => void;
  readonly warn: (text: string) => void;
}

/** What makes a kind of resource different from the others. */
export interface ResourceKind<Definition extends Declared, State extends Definition & StoredState> {
  readonly kind: string;
  readonly idOf: (definition: Definition) => string;
  readonly parse: (inputs: unknown) => { definition: Definition } | { problems: Problem[] };
  /** The definition as inputs, if they differ from it; and back. */
  readonly inputsOf?: (definition: Definition) => object;
  readonly fromInputs?: (inputs: Definition) => Definition;
  /** State that an older version may have stored, in today's shape. */
  readonly upgrade?: (stored: State) => State;
  /** The definition within state. */
  readonly definitionOf: (state: State) => Definition;
  /** What has changed since the state was stored. */
  readonly difference: (stored: State, wanted: Definition) => Difference;
  /** Whether an update has something to repair although no input has changed. */
  readonly needsRepair?: (state: State) => boolean;
  /** What is left when {@link apply} fails half-way, in words. */
  readonly incompleteMessage: string;
  /** Makes the resource, or changes it if it is known. */
  readonly apply: (driver: ReportingDriver, definition: Definition, known: State | undefined) => Promise<State>;
  /** What is there now; `undefined` when it is certain that it is gone. `props`: of one that is only looked up by its id. */
  readonly observe: (
    driver: ReportingDriver,
    id: string,
    known: State | undefined,
    props: Declared,
  ) => Promise<State | undefined>;
  readonly remove: (driver: ReportingDriver, id: string, known: State) => Promise<void>;
}

interface Timed {
  readonly deadlines: { readonly createSeconds: number; readonly updateSeconds: number };
}

/** Options of an operation that creates a resource, or changes the one that state knows. */
export function operationOf<State>(
  { deadlines }: Timed,
  known: State | undefined,
): { known?: State; deadlineSeconds: number } {
  return known ? { known, deadlineSeconds: deadlines.updateSeconds } : { deadlineSeconds: deadlines.createSeconds };
}

/**
 * The hooks of a kind of resource, called by the stub in `sdk/stubs.ts`. `check` and `diff` do no I/O: the engine calls them
 * one resource at a time, in previews too.
 */
export function hooksOf<Definition extends Declared, State extends Definition & StoredState>(
  of: ResourceKind<Definition, State>,
) {
  const {
    kind,
    inputsOf = (definition) => definition,
    fromInputs = (inputs) => inputs,
    upgrade = (state) => state,
  } = of;
  const readInputs = ({ __provider: _, secretInputs: __, ...inputs }: Definition & WithStub) =>
    fromInputs(inputs as unknown as Definition);

  const readState = (id: string, stored: State): State => {
    refuseNewer(stored, `${kind} ${id}`);
    return upgrade(stored);
  };

  const driverFor = async (id: string, declared: Declared, clusterUid: string | undefined) => {
    const { declaredBy, cluster } = declared;
    const driver = await openDriver({ what: `${kind} ${id}`, declaredBy, clusterUid, cluster });
    const hide = hidingSecrets(declared);
    const [report, warn] = [progressOf(declaredBy), warningOf(declaredBy)];
    return { ...driver, report: (text: string) => report(hide(text)), warn: (text: string) => warn(hide(text)) };
  };

  const make = async (news: Definition & WithStub, known: State | undefined) => {
    noteProgram();
    const definition = readInputs(news);
    const id = of.idOf(definition);
    const driver = await driverFor(id, news, known?.clusterUid);
    const kept = { clusterUid: driver.clusterUid, ...secretsOf(news) };
    const words = `${kind} ${id} exists, but ${of.incompleteMessage}`;
    const outs = await keepingState({ id, kept, words, __provider: news.__provider }, () =>
      of.apply(driver, definition, known),
    );
    return { id, outs };
  };

  return {
    configure: async ({ config }: dynamic.ConfigureRequest): Promise<void> => configureWith(config),

    check: checking(of.parse, inputsOf),

    diff: withoutStack(
      async (id: string, olds: State & WithStub, news: Definition & WithStub): Promise<dynamic.DiffResult> => {
        refuseNewer(olds, `${kind} ${id}`);
        const { update, replace } = of.difference(olds, readInputs(news));
        // `changes` left open: the engine then finds the changed keys itself, for `--diff`, `--json` and replaceOnChanges.
        if (update.length + replace.length > 0) return { replaces: [...replace], deleteBeforeReplace: true };
        // An older stub in state is replaced only by an update.
        return { changes: isStubOutdated(olds) || of.needsRepair?.(olds) === true };
      },
    ),

    create: (inputs: Definition & WithStub): Promise<dynamic.CreateResult> =>
      withoutSecrets(inputs, () => make(inputs, undefined)),

    update: (id: string, olds: State & WithStub, news: Definition & WithStub): Promise<dynamic.UpdateResult> =>
      withoutSecrets(news, async () => ({ outs: (await make(news, readState(id, olds))).outs })),

    /** `props` are the outputs; of a resource that is only looked up by its id, no more than what it has in the program. */
    read: withoutStack((id: string, props: (State | LookedUp) & WithStub & WithSecrets): Promise<dynamic.ReadResult> =>
      withoutSecrets(props, async () => {
        const known = props.uid === undefined ? undefined : readState(id, props);
        const driver = await driverFor(id, props, known?.clusterUid);
        const state = await of.observe(driver, id, known, props);
        if (!state) return {};
        const { cluster } = props;
        const secrets = secretsOf(props);
        const outs = {
          ...state,
          clusterUid: driver.clusterUid,
          ...(cluster === undefined ? {} : { cluster }),
          ...secrets,
        };
        const inputs = { ...inputsOf(of.definitionOf(outs)), ...secrets };
        return withoutUndefined({ id, props: outs, inputs }) as dynamic.ReadResult;
      }),
    ),

    delete: withoutStack((id: string, props: State & WithStub): Promise<void> =>
      withoutSecrets(props, async () => {
        const known = readState(id, props);
        await of.remove(await driverFor(id, known, known.clusterUid), id, known);
      }),
    ),
  };
}
