import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type AttachResults,
  attachTables,
  type BurstResults,
  burstTable,
  type ClusterResults,
  clusterTables,
  type HealResults,
  healTables,
  type ProfileResults,
  profileTables,
  type SetsResults,
  setsTables,
} from "./others.ts";
import { type ScaleResults, scaleTables } from "./scale.ts";

/** The tables of docs/performance.md, from the kept results of the benchmarks. */
export function performanceTables(): string {
  return [
    scaleTables(kept<ScaleResults>("scale")),
    profileTables(kept<{ summary: ProfileResults }>("profile").summary),
    burstTable(kept<BurstResults>("burst")),
    setsTables(kept<SetsResults>("sets")),
    healTables(kept<HealResults>("heal")),
    attachTables(kept<{ summary: AttachResults }>("attach").summary),
    clusterTables(kept<ClusterResults>("cluster")),
  ].join("\n\n");
}

function kept<Results>(name: string): Results {
  const path = join(import.meta.dirname, "..", "..", "tests", "bench", "results", `${name}.json`);
  return JSON.parse(readFileSync(path, "utf8")) as Results;
}
