import { isVnicError, VnicError } from "../base/errors.ts";
import { type ApiServer, call } from "./call.ts";
import { httpCode } from "./faults.ts";

/** A list as the API server returns it; the client's own types call the token `_continue`. */
export interface List<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string; readonly _continue?: string };
  readonly items: T[];
  /** The length of the response, if the reader of the page knows it. */
  readonly characters?: number;
}

/** The parameters of a request for one page, as the client names them. */
export interface PageQuery {
  readonly limit: number;
  readonly _continue?: string;
}

/**
 * Reads one page. A reader that can returns undefined as soon as the response is longer than `maxBytes`; others needn't
 * look at that limit.
 */
export type ReadPage<T> = (page: PageQuery, maxBytes: number) => Promise<List<T> | undefined>;

/**
 * Number of objects in the first page, and in all pages if the reader doesn't know how long they are. A page is completely
 * in memory, and an object may have 3 MB if somebody wants it to, while the reconciler may have 384 MiB.
 */
const usualPageSize = 50;

/** The number of objects that Kubernetes' own clients ask for at once. */
const maxPageSize = 500;

/** What a page should weigh. A longer one is followed by a smaller one, and one of less than half by a larger one. */
const usualBytes = 2 * 2 ** 20;

/** A page that is longer than this is given up, and read in smaller parts. */
const maxBytes = 4 * usualBytes;

/** How often a list is begun again because the server has forgotten the state that it was showing. */
const maxBeginnings = 5;

/**
 * Lists objects page by page, because a large cluster in one response costs the API server and us much memory. `keep`
 * reduces each object before the next page is read. All pages show the state at the same moment; if the server no longer
 * has it (410), the list begins again. The number of objects in a page is chosen by how long the page before was. A page may be
 * larger than usual for objects that only administrators write. No more pages are read once `isEnough` holds for what was
 * kept.
 */
export async function listPages<T, Kept = T>(
  server: ApiServer,
  doing: string,
  read: ReadPage<T>,
  keep: (object: T) => Kept = (object) => object as unknown as Kept,
  pageSize = usualPageSize,
  isEnough: (kept: readonly Kept[]) => boolean = () => false,
): Promise<List<Kept>> {
  for (let beginnings = 1; ; beginnings++)
    try {
      return await listOnce(server, doing, read, keep, pageSize, isEnough);
    } catch (error) {
      if (!isVnicError(error, "outdated") || beginnings === maxBeginnings) throw error;
    }
}

async function listOnce<T, Kept>(
  server: ApiServer,
  doing: string,
  read: ReadPage<T>,
  keep: (object: T) => Kept,
  pageSize: number,
  isEnough: (kept: readonly Kept[]) => boolean,
): Promise<List<Kept>> {
  const items: Kept[] = [];
  let token: string | undefined;
  let limit = pageSize;
  for (;;) {
    const query = { limit, ...(token === undefined ? {} : { _continue: token }) };
    // A single object is read however long it is.
    const most = limit === 1 ? Infinity : maxBytes;
    const page = await call(server, doing, () => read(query, most).catch(throwIfForgotten(doing, token)));
    if (!page) {
      limit = Math.ceil(limit / 4);
      continue;
    }
    for (const object of page.items) items.push(keep(object));
    limit = nextPageSize(limit, page.characters);
    token = page.metadata?.continue || page.metadata?._continue || undefined;
    if (token === undefined || isEnough(items)) return { ...(page.metadata ? { metadata: page.metadata } : {}), items };
  }
}

/** The number of objects for the page after one of `limit` objects and that length. */
export function nextPageSize(limit: number, characters: number | undefined): number {
  if (characters === undefined) return Math.max(limit, usualPageSize);
  if (characters > usualBytes) return Math.ceil(limit / 2);
  return characters < usualBytes / 2 ? Math.max(limit, Math.min(2 * limit, maxPageSize)) : limit;
}

/** Makes "the token has expired" final for this page, because a retry with the same token would fail as well. */
function throwIfForgotten(doing: string, token: string | undefined): (error: unknown) => never {
  return (error) => {
    if (token !== undefined && httpCode(error) === 410)
      throw new VnicError("outdated", `${doing}: the API server no longer has the state that the list began with`);
    throw error;
  };
}
