import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../lab/run.ts";
import { type CommentServer, serveComments } from "../../support/comment-server.ts";

const example = join(import.meta.dirname, "..", "..", "..", "examples", "pull-request");
const workflows = join(example, ".github", "workflows");
const plan = (text: string, stack = "shop/dev"): string => `${text}\n\n<!-- pulumi-vnic plan ${stack} -->\n`;

describe("the workflows of examples/pull-request", () => {
  for (const file of readdirSync(workflows)) {
    const text = readFileSync(join(workflows, file), "utf8");
    const lines = text.split("\n").map((line) => line.trim().replace(/^- /, ""));

    it(`pin every action by its full commit, with its version in a comment (${file})`, () => {
      const actions = lines.filter((line) => line.startsWith("uses:"));
      expect(actions).not.to.be.empty;
      for (const action of actions) expect(action).to.match(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    it(`run only the example's scripts, without expressions in commands (${file})`, () => {
      for (const line of lines.filter((one) => one.startsWith("run:")))
        expect(line).to.match(
          /^run: (npm ci|scripts\/\w+\.sh( "\$RUNNER_TEMP\/comment\.md")?|node scripts\/comment\.mjs)$/,
        );
    });

    it(`grant no permission by default, and write permission only to the comment's job (${file})`, () => {
      expect(text).to.match(/^permissions: \{\}$/m);
      const writing = lines.filter((line) => line.endsWith(": write"));
      expect(writing).to.deep.equal(file === "preview.yml" ? ["pull-requests: write"] : []);
    });
  }

  it("give no cluster credentials to the preview, which runs proposed code", () =>
    expect(readFileSync(join(workflows, "preview.yml"), "utf8")).not.to.include("KUBECONFIG"));
});

describe("the pull request comment of examples/pull-request", () => {
  let server: CommentServer;
  beforeEach(async () => {
    server = await serveComments("shop/net", 7);
  });
  afterEach(() => server.close());

  const comment = (text: string, token = "t0ken") =>
    run([process.execPath, join(example, "scripts", "comment.mjs")], {
      env: {
        COMMENT: text,
        PULL_REQUEST: "7",
        GITHUB_REPOSITORY: "shop/net",
        GITHUB_API_URL: server.url,
        GITHUB_TOKEN: token,
      },
    });

  it("is created once and updated by each push", async () => {
    expect((await comment(plan("first"))).stdout).to.match(/^created /);
    expect((await comment(plan("second"))).stdout).to.match(/^updated /);
    expect(server.comments.map(({ body }) => body)).to.deep.equal([plan("second")]);
  });

  it("exists once for each stack", async () => {
    await comment(plan("dev"));
    await comment(plan("prod", "shop/prod"));
    await comment(plan("dev again"));
    expect(server.comments.map(({ body }) => body)).to.deep.equal([plan("dev again"), plan("prod", "shop/prod")]);
  });

  it("is found behind many other comments, and isn't confused with a person's comment", async () => {
    server.add(plan("a person's"), "User");
    for (let index = 0; index < 150; index++) server.add(`talk ${index}`, "User");
    server.add(plan("ours"), "Bot");
    await comment(plan("newer"));
    expect(server.comments).to.have.length(152);
    expect(server.comments.at(0)?.body).to.equal(plan("a person's"));
    expect(server.comments.at(-1)?.body).to.equal(plan("newer"));
  });

  it("fails with GitHub's error message, without the token", async () => {
    const { code, stderr } = await comment(plan("text"), "wr0ng");
    expect(code).to.equal(1);
    expect(stderr)
      .to.match(/401 .*Bad credentials/)
      .and.not.match(/wr0ng/);
  });

  it("isn't posted for input that isn't a plan", async () => {
    expect((await comment("no marker")).stderr).to.match(/COMMENT is not a plan/);
    expect(server.requests).to.deep.equal([]);
  });
});
