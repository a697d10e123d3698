import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Comment {
  readonly id: number;
  readonly user: { readonly type: string };
  body: string;
  readonly html_url: string;
}

/** The comments of one pull request, served like GitHub's API: pages of at most 100, oldest first. */
export interface CommentServer {
  readonly url: string;
  readonly comments: Comment[];
  /** Method and path of each request. */
  readonly requests: string[];
  add(body: string, userType: "User" | "Bot"): void;
  close(): Promise<void>;
}

export async function serveComments(repository: string, pullRequest: number): Promise<CommentServer> {
  const comments: Comment[] = [];
  const requests: string[] = [];
  const all = `/repos/${repository}/issues/${pullRequest}/comments`;
  const add = (body: string, type: string): Comment => {
    const id = comments.length + 1;
    const comment = { id, user: { type }, body, html_url: `https://example.org/comment-${id}` };
    comments.push(comment);
    return comment;
  };
  const server = createServer((request, response) => {
    void answer().then(([status, body]) => response.writeHead(status).end(JSON.stringify(body)));
    async function answer(): Promise<[status: number, body: unknown]> {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
      requests.push(`${request.method} ${pathname}`);
      if (request.headers.authorization !== "Bearer t0ken") return [401, { message: "Bad credentials" }];
      const body = async (): Promise<string> => (JSON.parse(await text(request)) as { body: string }).body;
      if (request.method === "POST" && pathname === all) return [201, add(await body(), "Bot")];
      if (request.method === "GET" && pathname === all) {
        const size = Number(searchParams.get("per_page") ?? 30);
        const from = (Number(searchParams.get("page") ?? 1) - 1) * size;
        return [200, comments.slice(from, from + size)];
      }
      const one = comments.find(({ id }) => pathname === `/repos/${repository}/issues/comments/${id}`);
      if (request.method !== "PATCH" || !one) return [404, { message: "Not Found" }];
      one.body = await body();
      return [200, one];
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    comments,
    requests,
    add,
    close: () => new Promise((done) => server.close(() => done())),
  };
}
