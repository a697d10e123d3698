// Writes a plan to its pull request: as a new comment, or in place of the comment of an earlier run.
//
// usage: COMMENT=<text> PULL_REQUEST=<number> GITHUB_REPOSITORY=… GITHUB_API_URL=… GITHUB_TOKEN=… node comment.mjs
const { COMMENT, PULL_REQUEST, GITHUB_REPOSITORY, GITHUB_API_URL, GITHUB_TOKEN } = process.env;
const issues = `${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}/issues`;
// The last line of a plan names the stack, so that each stack has a comment of its own.
const marker = COMMENT.trimEnd().split("\n").at(-1);
if (!/^<!-- pulumi-vnic plan \S* ?-->$/.test(marker))
  throw new Error("COMMENT is not a plan: its last line is no marker");

async function ask(method, url, body) {
  const response = await fetch(url, {
    method,
    headers: { accept: "application/vnd.github+json", authorization: `Bearer ${GITHUB_TOKEN}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

async function findOwn() {
  for (let page = 1; ; page++) {
    const comments = await ask("GET", `${issues}/${PULL_REQUEST}/comments?per_page=100&page=${page}`);
    // Anyone may write a comment with the same last line, so only comments of bots count.
    const own = comments.find(({ body, user }) => user?.type === "Bot" && body?.trimEnd().endsWith(marker));
    if (own || comments.length < 100) return own;
  }
}

const own = await findOwn();
const made = own
  ? await ask("PATCH", `${issues}/comments/${own.id}`, { body: COMMENT })
  : await ask("POST", `${issues}/${PULL_REQUEST}/comments`, { body: COMMENT });
console.log(`${own ? "updated" : "created"} ${made.html_url}`);
