import { isVnicError, VnicError } from "../base/errors.ts";
import { type ApiServer, call } from "./call.ts";
import { httpCode } from "./faults.ts";

/** A list as the API server returns it; the client's own types call the token `_continue`. */
export interface List<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string; readonly _continue?: string };
  readonly items: T[];
}

/** The parameters of a request for one page, as the client names them. */
export interface PageQuery {
  readonly limit: number;
  readonly _continue?: string;
}

/**
 * Usual number of objects in a page. A page is completely in memory, and an object may have 1.5 MB if somebody wants it to, while
 * the reconciler may have 384 MiB.
 */
const usualPageSize = 50;

/** How often a list is begun again because the server has forgotten the state that it was showing. */
const maxBeginnings = 5;

/**
 * Lists objects page by page, because a large cluster in one response costs the API server and us much memory. `keep`
 * reduces each object before the next page is read. All pages show the state at the same moment; if the server no longer
 * has it (410), the list begins again. A page may be larger than usual for objects that only administrators write.
 */
export async function listPages<T, Kept = T>(
  server: ApiServer,
  doing: string,
  read: (page: PageQuery) => Promise<List<T>>,
  keep: (object: T) => Kept = (object) => object as unknown as Kept,
  pageSize = usualPageSize,
): Promise<List<Kept>> {
  for (let beginnings = 1; ; beginnings++)
    try {
      return await listOnce(server, doing, read, keep, pageSize);
    } catch (error) {
      if (!isVnicError(error, "outdated") || beginnings === maxBeginnings) throw error;
    }
}

async function listOnce<T, Kept>(
  server: ApiServer,
  doing: string,
  read: (page: PageQuery) => Promise<List<T>>,
  keep: (object: T) => Kept,
  pageSize: number,
): Promise<List<Kept>> {
  const items: Kept[] = [];
  let token: string | undefined;
  for (;;) {
    const query = { limit: pageSize, ...(token === undefined ? {} : { _continue: token }) };
    const page = await call(server, doing, () => read(query).catch(throwIfForgotten(doing, token)));
    for (const object of page.items) items.push(keep(object));
    token = page.metadata?.continue || page.metadata?._continue || undefined;
    if (token === undefined) return { ...(page.metadata ? { metadata: page.metadata } : {}), items };
  }
}

/** Makes "the token has expired" final for this page, because a retry with the same token would fail as well. */
function throwIfForgotten(doing: string, token: string | undefined): (error: unknown) => never {
  return (error) => {
    if (token !== undefined && httpCode(error) === 410)
      throw new VnicError("outdated", `${doing}: the API server no longer has the state that the list began with`);
    throw error;
  };
}
