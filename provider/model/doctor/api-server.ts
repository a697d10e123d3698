import { type Finding, fault, ok, warning } from "./finding.ts";

/** The oldest Kubernetes minor version (1.x) that supports our CRDs' validation rules. */
const minMinorVersion = 31;
const slowMilliseconds = { warning: 300, fault: 2000 };
const skewSeconds = { warning: 5, fault: 60 };

/** Examines the API server's version, latency and clock. */
export function examineApiServer(facts: {
  readonly server: string;
  readonly version: { readonly gitVersion: string; readonly major: string; readonly minor: string };
  readonly milliseconds: number;
  readonly aheadSeconds: number;
}): Finding[] {
  const { server, version, milliseconds, aheadSeconds } = facts;
  return [
    ok("API server", `${server} answers`),
    examineVersion(version),
    examineLatency(milliseconds),
    examineClock("API server", aheadSeconds),
  ];
}

function examineVersion({ gitVersion, minor }: { readonly gitVersion: string; readonly minor: string }): Finding {
  // Some providers append a plus sign.
  if (Number.parseInt(minor) >= minMinorVersion) return ok("Kubernetes", gitVersion);
  return fault(
    "Kubernetes",
    `${gitVersion} is older than 1.${minMinorVersion}`,
    `upgrade the cluster to 1.${minMinorVersion}`,
  );
}

function examineLatency(milliseconds: number): Finding {
  const message = `a small request takes ${Math.round(milliseconds)} ms`;
  const remedy = "check the API server's load and the network to it";
  if (milliseconds >= slowMilliseconds.fault) return fault("API server", message, remedy);
  return milliseconds >= slowMilliseconds.warning ? warning("API server", message, remedy) : ok("API server", message);
}

/** Compares clocks. With a different clock, claims, leases and tokens expire too early or too late. */
export function examineClock(subject: string, aheadSeconds: number): Finding {
  const seconds = Math.round(Math.abs(aheadSeconds));
  const message = `its clock is ${seconds} s ${aheadSeconds > 0 ? "ahead of" : "behind"} this machine's`;
  const remedy = "synchronise both clocks by NTP";
  if (seconds >= skewSeconds.fault) return fault(subject, message, remedy);
  return seconds >= skewSeconds.warning ? warning(subject, message, remedy) : ok(subject, message);
}
