import { isDeepStrictEqual } from "node:util";
import type { CustomObjectsApi } from "@kubernetes/client-node";
import { apiVersion, fieldManager, fieldManagerOf, group, isObjectName, version } from "../model/names.ts";
import { ownerOf, type RecordMetadata } from "../model/kubernetes/record.ts";
import { isVnicError, VnicError } from "../base/errors.ts";
import { quote } from "../base/quote.ts";
import { type ApiServer, call, changeVersion, deleteWithPreconditions, find, throwOnRace } from "./call.ts";
import { partOfRecord } from "../model/kubernetes/part-of-record.ts";
import { type List, listPages, type PageQuery } from "./pages.ts";

type RequestOptions = NonNullable<Parameters<CustomObjectsApi["patchNamespacedCustomObject"]>[1]>;

/** Options of a request with the content type of its patch. */
export interface Patches {
  readonly apply: RequestOptions;
  readonly merge: RequestOptions;
  readonly json: RequestOptions;
}

/** The API clients that calls for records need. */
export interface RecordApi {
  readonly server: ApiServer;
  readonly objects: CustomObjectsApi;
  readonly patches: Patches;
}

/** A kind of record. */
export interface RecordKind {
  readonly kind: string;
  /** Plural of the kind; in lower case it is the name of its resource. */
  readonly kinds: string;
}

/** Name of a record, with a namespace if its kind is namespaced. */
export interface RecordName {
  readonly namespace?: string;
  readonly name: string;
}

/** What a record is expected to have at a path of a JSON patch (RFC 6902); `null` for nothing. */
export interface Expected {
  readonly path: string;
  readonly value: string | null;
}

/** How a record is applied. */
export interface ApplyOptions {
  /** Whether to take fields that other managers hold with other values. */
  readonly force: boolean;
  readonly fieldManager?: string;
  /** The object that is changed. Without it, one that doesn't exist is created. */
  readonly uid?: string;
}

interface Owned {
  readonly metadata: RecordMetadata & RecordName;
}

/** How many records are read at once to find one, which usually is the first. */
const firstLook = 5;

/**
 * The finalizer of a deletion in the foreground. With it, an object waits for all that name it as their owner, and the
 * garbage collector goes by the owner's UID alone: an object of another namespace can hold it for ever.
 */
const foregroundDeletion = "foregroundDeletion";

/** The calls that all kinds of records share. Every error begins with the action, the kind and the name. */
export function recordCalls<Stored extends Owned>(
  { server, objects, patches }: RecordApi,
  { kind, kinds }: RecordKind,
) {
  const resource = { group, version, plural: kinds.toLowerCase() };
  const { get, patch, patchStatus, remove } = singleRequests<Stored>(objects, resource);
  const words = (name: RecordName) => `${kind} ${idOf(name)}`;
  const readPage = (namespace: string | undefined, query: PageQuery & { labelSelector?: string }) =>
    (namespace === undefined
      ? objects.listCustomObjectForAllNamespaces({ group, version, resourcePlural: resource.plural, ...query })
      : objects.listNamespacedCustomObject({ ...resource, namespace, ...query })) as Promise<List<Stored>>;

  /**
   * Changes the finalizers of the object with that UID. Reads it for each try, because another writer may interfere;
   * except for the first if a version is `known`.
   */
  const finalize = async (
    doing: string,
    name: RecordName,
    uid: string,
    change: (there: Stored) => readonly string[],
    known?: Stored,
  ): Promise<void> => {
    let latest = known;
    await find(server, `${doing} ${words(name)}`, async () => {
      const record = latest ?? (await get(name));
      latest = undefined;
      const { metadata } = record;
      const finalizers = change(record);
      if (metadata.uid !== uid || finalizers.length === (metadata.finalizers?.length ?? 0)) return;
      const body = { metadata: { finalizers, resourceVersion: metadata.resourceVersion } };
      await patch(name, { body, fieldManager }, patches.merge);
    });
  };

  return {
    find: (name: RecordName): Promise<Stored | undefined> => find(server, `reading ${words(name)}`, () => get(name)),

    /** The records of one namespace, or of the whole cluster. */
    list: async (namespace: string | undefined, selected: { labelSelector?: string }): Promise<Stored[]> => {
      const { items } = await listPages<Stored, Stored>(
        server,
        `listing ${kinds}${inWords(namespace)}`,
        (page) => readPage(namespace, { ...selected, ...page }),
        partOfRecord,
      );
      return items;
    },
    /** Whether a record of the cluster is as described. Reads few records if one of the first is. */
    some: async (selected: { labelSelector: string }, isIt: (record: Stored) => boolean): Promise<boolean> => {
      const { items } = await listPages<Stored, boolean>(
        server,
        `looking for one of ${kinds}`,
        (page) => readPage(undefined, { ...selected, ...page }),
        (record) => isIt(partOfRecord(record)),
        firstLook,
        (kept) => kept.includes(true),
      );
      return items.includes(true);
    },
    /** The records of one namespace, at most `most`. */
    listSome: async (namespace: string, most: number): Promise<Stored[]> => {
      const page = await call(server, `listing ${kinds}${inWords(namespace)}`, () =>
        readPage(namespace, { limit: most }),
      );
      return page.items;
    },

    /** Server-side apply of a record that doesn't exist; if it does, returns undefined and changes nothing. */
    create: async (record: Owned): Promise<Stored | undefined> => {
      const doing = `creating ${words(record.metadata)}`;
      const exists = new VnicError("outdated", `${doing}: it exists`);
      // No object has this version, because it is older than every write. An apply with it creates or conflicts.
      const body = { ...record, metadata: { ...record.metadata, resourceVersion: "1" } };
      const how = { fieldManager: fieldManagerOf(ownerOf(record)), force: false, body };
      try {
        return await call(server, doing, () => patch(record.metadata, how, patches.apply).catch(throwOnRace(exists)));
      } catch (error) {
        // The API server reports a conflict with another manager's fields before one of versions.
        if (error === exists || isVnicError(error, "conflict")) return undefined;
        throw error;
      }
    },
    /**
     * Server-side apply with the owner's field manager, unless another one is given. With a UID, only to the object that has it;
     * `outdated` if that is gone.
     */
    apply: (record: Owned, { uid, ...how }: ApplyOptions): Promise<Stored> => {
      const doing = `applying ${words(record.metadata)}`;
      const outdated = new VnicError("outdated", `${doing}: it was deleted by another process meanwhile`);
      const body = uid === undefined ? record : { ...record, metadata: { ...record.metadata, uid } };
      const request = { fieldManager: fieldManagerOf(ownerOf(record)), ...how, body };
      return call(server, doing, async () => {
        const applied = patch(record.metadata, request, patches.apply);
        return uid === undefined ? applied : applied.catch(throwOnRace(outdated));
      });
    },
    /** Server-side apply of a status. */
    applyStatus: (name: RecordName, status: object, manager: string): Promise<Stored> => {
      const metadata = nameOf(name);
      const body = { apiVersion, kind, metadata, status };
      return call(server, `applying the status of ${words(metadata)}`, () =>
        patchStatus(metadata, { body, fieldManager: manager, force: true }, patches.apply),
      );
    },
    /**
     * Replaces the status of an existing record; needs only the right to patch the status. `conflict` if the object
     * has another UID.
     */
    changeStatus: async <Status>(name: RecordName, uid: string, change: (status: Status) => Status): Promise<void> => {
      const at = nameOf(name);
      // Read again for each try, because another writer may interfere.
      await find(server, `changing the status of ${words(at)}`, async () => {
        // A patch without changes returns the current object.
        const record = await patchStatus(at, { body: { metadata: { uid } }, fieldManager }, patches.merge);
        const { status: there, metadata } = record as Stored & { readonly status?: Status };
        const status = there && change(there);
        if (!status || isDeepStrictEqual(status, there)) return;
        const body = { apiVersion, kind, metadata: { ...at, uid, resourceVersion: metadata.resourceVersion }, status };
        await patchStatus(at, { body, fieldManager, force: true }, patches.apply);
      });
    },
    /** Merges a change into the version that was read. */
    change: ({ metadata }: Stored, change: object): Promise<Stored> => {
      // A UID in a patch is a precondition, like the resource version.
      const { uid, resourceVersion } = metadata;
      const body = { metadata: { ...change, uid, resourceVersion } };
      return changeVersion(server, `changing ${words(metadata)}`, () =>
        patch(metadata, { body, fieldManager }, patches.merge),
      );
    },
    /** Changes a record that has all these values, `null` for none; otherwise returns undefined and changes nothing. */
    changeIf: async (name: RecordName, expected: readonly Expected[], change: object): Promise<Stored | undefined> => {
      const body = [...expected.map((one) => ({ op: "test", ...one })), change];
      try {
        return await find(server, `changing ${words(name)}`, () => patch(name, { body, fieldManager }, patches.json));
      } catch (error) {
        if (isVnicError(error, "outdated")) return undefined;
        throw error;
      }
    },

    /** Adds a finalizer, unless the record is being deleted. */
    hold: (name: RecordName, uid: string, finalizer: string): Promise<void> =>
      finalize("keeping", name, uid, ({ metadata: { finalizers = [], deletionTimestamp } }) =>
        deletionTimestamp || finalizers.includes(finalizer) ? finalizers : [...finalizers, finalizer],
      ),
    /** Removes a finalizer. A deletion in the foreground becomes one in the background. */
    release: (name: RecordName, uid: string, finalizer: string, known?: Stored): Promise<void> =>
      finalize(
        "releasing",
        name,
        uid,
        ({ metadata: { finalizers = [] } }) =>
          finalizers.filter((one) => one !== finalizer && one !== foregroundDeletion),
        known,
      ),
    /** Marks the object with that UID for deletion. Returns it if it waits for its finalizers. */
    delete: async (name: RecordName, uid: string): Promise<Stored | undefined> => {
      const left = await deleteWithPreconditions(server, `deleting ${words(name)}`, () =>
        remove(name, { preconditions: { uid } }),
      );
      // For an object that is gone at once, the API server returns a Status.
      return (left as { readonly kind?: string } | undefined)?.kind === kind ? (left as Stored) : undefined;
    },
  };
}

interface PatchParameters {
  readonly body: object;
  readonly fieldManager: string;
  readonly force?: boolean;
}

/** The client's requests for one record, which differ for namespaced and cluster-scoped kinds. */
function singleRequests<Stored>(
  objects: CustomObjectsApi,
  resource: { readonly group: string; readonly version: string; readonly plural: string },
) {
  type Place = typeof resource & { readonly name: string };
  const send = <Answer>(
    names: RecordName,
    inNamespace: (place: Place & { readonly namespace: string }) => Promise<Answer>,
    inCluster: (place: Place) => Promise<Answer>,
  ): Promise<Answer> => {
    const { namespace, name } = inPath(names);
    return namespace === undefined ? inCluster({ ...resource, name }) : inNamespace({ ...resource, namespace, name });
  };
  return {
    get: (names: RecordName): Promise<Stored> =>
      send(
        names,
        (place) => objects.getNamespacedCustomObject(place),
        (place) => objects.getClusterCustomObject(place),
      ),
    patch: (names: RecordName, how: PatchParameters, type: RequestOptions): Promise<Stored> =>
      send(
        names,
        (place) => objects.patchNamespacedCustomObject({ ...place, ...how }, type),
        (place) => objects.patchClusterCustomObject({ ...place, ...how }, type),
      ),
    patchStatus: (names: RecordName, how: PatchParameters, type: RequestOptions): Promise<Stored> =>
      send(
        names,
        (place) => objects.patchNamespacedCustomObjectStatus({ ...place, ...how }, type),
        (place) => objects.patchClusterCustomObjectStatus({ ...place, ...how }, type),
      ),
    remove: (names: RecordName, body: { readonly preconditions: object }): Promise<unknown> =>
      send(
        names,
        (place) => objects.deleteNamespacedCustomObject({ ...place, body }),
        (place) => objects.deleteClusterCustomObject({ ...place, body }),
      ),
  };
}

/**
 * The names as parts of a request's path. "." and ".." would lead to another path, such as that of all records. Such a
 * name can only come from an edited state, or from a program that looks a resource up by its ID.
 */
function inPath(names: RecordName): RecordName {
  for (const name of [names.namespace ?? "default", names.name])
    if (!isObjectName(name)) throw new VnicError("invalid", `${quote(name)} is not the name of an object`);
  return names;
}

/** Picks the namespace and name of an object that has more properties. */
function nameOf({ namespace, name }: RecordName): RecordName {
  return namespace === undefined ? { name } : { namespace, name };
}

function idOf({ namespace, name }: RecordName): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function inWords(namespace: string | undefined): string {
  return namespace === undefined ? "" : ` in namespace ${namespace}`;
}
