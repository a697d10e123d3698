import type { Host, Lab } from "../lab/index.ts";

/* Checks from a host on the external network whether a Vnic really works. */

/** The answer of the redis server behind an address to an outside host; throws if there is none. */
export async function askRedis(
  lab: Lab,
  from: Host,
  address: string,
  commands: readonly string[] = ["PING"],
): Promise<string[]> {
  const input = [...commands, "QUIT"].map((command) => `${command}\r\n`).join("");
  const { code, stdout, stderr } = await lab.exec(from, ["busybox", "nc", "-w", "30", address, "6379"], {
    input,
    timeoutSeconds: 60,
  });
  if (code !== 0 && stdout === "")
    throw new Error(`asking ${address}:6379 from ${from}: ${stderr.trim() || "no answer"}`);
  return stdout.split("\r\n").filter((line) => line !== "");
}

/** Whether an address answers a ping. One ping is sent each second, because a busy machine may lose a single frame. */
export async function answersPing(lab: Lab, from: Host, address: string, seconds = 3): Promise<boolean> {
  const { code } = await lab.exec(from, ["ping", "-n", "-c", "1", "-w", String(seconds), address]);
  return code === 0;
}

/** The MAC that an outside host has learned for an address; undefined if it knows none. */
export async function learnedMac(lab: Lab, host: Host, address: string): Promise<string | undefined> {
  const { stdout } = await lab.exec(host, ["ip", "-j", "neigh", "show", address]);
  return (JSON.parse(stdout || "[]") as { lladdr?: string }[])[0]?.lladdr;
}
