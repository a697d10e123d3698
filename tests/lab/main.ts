import { spawnSync } from "node:child_process";
import { findReadyNodes } from "./api-server.ts";
import { findRemains } from "./down.ts";
import { enter, isHost } from "./enter.ts";
import { down, up } from "./index.ts";
import { kubeconfigPath, labNumber, lanHosts, nodes } from "./layout.ts";
import { describeKinds } from "./node-kinds.ts";

const usage = `usage: npm run lab -- <command>
  up            start the lab, or leave it as it is when it is up
  down          remove it without a trace
  status        say what there is of it
  kubeconfig    print the path of the administrator's kubeconfig
  exec <${[...nodes, ...lanHosts].join("|")}> -- <command ...>
`;

/** Runs one command of the lab's command line and returns its exit code. */
async function main([command = "", ...rest]: string[]): Promise<number> {
  switch (command) {
    case "up":
      await up();
      process.stderr.write(`nodes of lab ${labNumber}: ${describeKinds()}\n`);
      return status();
    case "down":
      await down();
      return 0;
    case "status":
      return status();
    case "kubeconfig":
      console.log(kubeconfigPath);
      return 0;
    case "exec":
      return exec(rest);
    default:
      process.stderr.write(usage);
      return 2;
  }
}

async function status(): Promise<number> {
  const remains = findRemains();
  if (remains.length === 0) {
    console.log("the lab is down");
    return 1;
  }
  const ready = await findReadyNodes().catch(() => []);
  if (ready.length === nodes.length) {
    console.log(`the lab is up: nodes ${ready.join(", ")} are ready, kubeconfig ${kubeconfigPath}`);
    return 0;
  }
  console.log(["the lab is broken; `up` makes it anew, `down` removes what there is:", ...remains].join("\n  "));
  return 1;
}

function exec([host = "", dashes, ...argv]: string[]): number {
  if (!isHost(host) || dashes !== "--" || argv.length === 0) {
    process.stderr.write(usage);
    return 2;
  }
  const [program = "", ...rest] = enter(host, argv);
  const { status: code, error } = spawnSync(program, rest, { stdio: "inherit" });
  if (error !== undefined) throw error;
  return code ?? 128;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
