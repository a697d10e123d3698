import type { dynamic } from "@pulumi/pulumi";
import type { Difference } from "../model/schema/difference.ts";
import type { Problem } from "../model/schema/problem.ts";
import type { StoredShape } from "../model/schema/stored.ts";
import { withoutUndefined } from "../model/vnic/state.ts";
import { checking } from "./checking.ts";
import { withoutStack } from "./expected-failure.ts";
import { keepingState } from "./keeping-state.ts";
import { configureWith, type LookedUp, recordProgramRun, openDriver, type OpenDriver } from "./open-driver.ts";
import { progressOf, warningOf } from "./progress.ts";
import { hidingSecrets, secretsOf, withoutSecrets, type WithSecrets } from "./secret-inputs.ts";
import { readDeclared, readStored, refuseIncomparable } from "./stored-state.ts";
import { isStubOutdated, type WithStub } from "./stored-stub.ts";

/** The properties of a resource that decide which driver is opened. */
interface Declared extends WithSecrets {
  readonly declaredBy?: string;
  readonly cluster?: string;
}

/** The properties that Pulumi stores of every kind of resource, in addition to its definition. */
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

/** The functions and texts in which the kinds of resources differ. */
export interface ResourceKind<Definition extends Declared, State extends Definition & StoredState> {
  readonly kind: string;
  readonly idOf: (definition: Definition) => string;
  readonly parse: (inputs: unknown) => { definition: Definition } | { problems: Problem[] };
  /** Converts the definition to inputs, and back; absent if both are the same. */
  readonly inputsOf?: (definition: Definition) => object;
  readonly fromInputs?: (inputs: Definition) => Definition;
  /** What state has of it. */
  readonly stored: StoredShape;
  /** Converts state that an older version may have stored to the current shape. */
  readonly upgrade?: (stored: State) => State;
  /** The definition within state. */
  readonly definitionOf: (state: State) => Definition;
  /** Compares the wanted definition with the stored state. */
  readonly difference: (stored: State, wanted: Definition) => Difference;
  /** Whether an update has something to repair although no input has changed. */
  readonly needsRepair?: (state: State) => boolean;
  /** The end of the error message if {@link apply} fails half-way. */
  readonly incompleteMessage: string;
  /** Creates the resource, or changes it if `known` is its state. */
  readonly apply: (driver: ReportingDriver, definition: Definition, known: State | undefined) => Promise<State>;
  /**
   * Reads the current state; `undefined` only if it is certain that the resource is gone. `props` are the stored
   * outputs, or the program's own properties of a resource that is only looked up by its ID.
   */
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

/** Options of an operation that creates a resource, or changes the one in state. */
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

  const idOf = (state: State) => of.idOf(of.definitionOf(state));
  const readState = <Stored extends State>(id: string, stored: Stored) =>
    readStored({ kind, id }, stored, of.stored, idOf);

  const driverFor = async (id: string, declared: Declared, clusterUid: string | undefined) => {
    const { declaredBy, cluster } = declared;
    const driver = await openDriver({ what: `${kind} ${id}`, declaredBy, clusterUid, cluster });
    const hide = hidingSecrets(declared);
    const [report, warn] = [progressOf(declaredBy), warningOf(declaredBy)];
    return { ...driver, report: (text: string) => report(hide(text)), warn: (text: string) => warn(hide(text)) };
  };

  const make = async (news: Definition & WithStub, known: State | undefined) => {
    recordProgramRun();
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

    check: checking(kind, of.idOf, of.parse, inputsOf),

    diff: withoutStack(
      async (id: string, olds: State & WithStub, news: Definition & WithStub): Promise<dynamic.DiffResult> => {
        const stored = readState(id, olds);
        refuseIncomparable({ kind, id }, of.stored.fields, news);
        const { update, replace } = of.difference(stored, readInputs(news));
        // Without `changes`, the engine finds the changed keys itself, which `--diff`, `--json` and replaceOnChanges
        // need.
        if (update.length + replace.length > 0) return { replaces: [...replace], deleteBeforeReplace: true };
        // An older stub in state is replaced only by an update.
        return { changes: isStubOutdated(stored) || of.needsRepair?.(stored) === true };
      },
    ),

    create: (inputs: Definition & WithStub): Promise<dynamic.CreateResult> =>
      withoutSecrets(inputs, () => make(inputs, undefined)),

    update: (id: string, olds: State & WithStub, news: Definition & WithStub): Promise<dynamic.UpdateResult> =>
      withoutSecrets(news, async () => ({ outs: (await make(news, upgrade(readState(id, olds)))).outs })),

    /**
     * `props` are the stored outputs, or only the program's own properties for a resource that is looked up by its ID.
     */
    read: withoutStack(
      async (id: string, given: (State | LookedUp) & WithStub & WithSecrets): Promise<dynamic.ReadResult> => {
        const known = isStored(given) ? upgrade(readState(id, given)) : undefined;
        const props = known ?? readDeclared({ kind, id }, given);
        return withoutSecrets(props, async () => {
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
        });
      },
    ),

    delete: withoutStack(async (id: string, props: State & WithStub): Promise<void> => {
      const known = upgrade(readState(id, props));
      await withoutSecrets(known, async () => of.remove(await driverFor(id, known, known.clusterUid), id, known));
    }),
  };
}

/** Whether properties are from state. A resource that is only looked up has no results of ours. */
function isStored<State extends StoredState>(properties: State | LookedUp): properties is State {
  return ["uid", "schemaVersion", "providerVersion"].some((key) => Object.hasOwn(properties, key));
}
