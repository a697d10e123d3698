/**
 * Runs the programs of `npm run check` two at a time, because none of them uses more than one core: node check.ts
 *
 * Each is shown with its output when it ends. All of them run, also after one has failed.
 */
import { spawn } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: { check: string } };

/** Runs a program of node_modules, and returns whether it succeeded. */
function run(check: string): Promise<boolean> {
  const [program = "", ...words] = check.split(" ");
  const script = realpathSync(join(root, "node_modules", ".bin", program));
  const child = spawn(process.execPath, [script, ...words], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => output.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      console.log(`${program}: ${code === 0 ? "ok" : "failed"}\n${Buffer.concat(output).toString()}`.trimEnd());
      resolve(code === 0);
    });
  });
}

const queue = scripts.check.split(" && ");
let failed = false;
async function work(): Promise<void> {
  for (let check = queue.shift(); check !== undefined; check = queue.shift()) failed = !(await run(check)) || failed;
}
await Promise.all([work(), work()]);
process.exitCode = failed ? 1 : 0;
