import type { Host, Lab } from "../lab/index.ts";

/* Seen from a host on the external network: whether a Vnic is really there. */

/** What the redis server behind an address answers to a host outside; throws when nobody answers. */
export async function askRedis(
  lab: Lab,
  from: Host,
  address: string,
  commands: readonly string[] = ["PING"],
): Promise<string[]> {
  const input = [...commands, "QUIT"].map((command) => `${command}\r\n`).join("");
  const { code, stdout, stderr } = await lab.exec(from, ["busybox", "nc", "-w", "3", address, "6379"], {
    input,
    timeoutSeconds: 10,
  });
  if (code !== 0 && stdout === "")
    throw new Error(`asking ${address}:6379 from ${from}: ${stderr.trim() || "no answer"}`);
  return stdout.split("\r\n").filter((line) => line !== "");
}

/** Whether an address answers, asked once a second; one frame alone may be lost on a busy machine. */
export async function answersPing(lab: Lab, from: Host, address: string, seconds = 3): Promise<boolean> {
  const { code } = await lab.exec(from, ["ping", "-n", "-c", "1", "-w", String(seconds), address]);
  return code === 0;
}

/** The MAC that a host outside has learned for an address; undefined when it knows none. */
export async function learnedMac(lab: Lab, host: Host, address: string): Promise<string | undefined> {
  const { stdout } = await lab.exec(host, ["ip", "-j", "neigh", "show", address]);
  return (JSON.parse(stdout || "[]") as { lladdr?: string }[])[0]?.lladdr;
}
