/** Runs `npm run check` with the Node.js and the packages that `with-node` has prepared. */
import { spawnSync } from "node:child_process";

const { status } = spawnSync("npm", ["run", "--silent", "check"], { stdio: "inherit" });
process.exitCode = status ?? 1;
