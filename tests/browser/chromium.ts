import { ensureDebianPackages } from "../lab/debian-packages.ts";
import { findProgram } from "../lab/find-program.ts";
import { must } from "../lab/run.ts";

const findChromium = () => findProgram("chromium") ?? findProgram("chromium-headless-shell");

/** Describes what this machine lacks to show a page in Chromium; empty if it lacks nothing. */
export function missingForBrowser(): string[] {
  const canInstall = process.getuid?.() === 0 && findProgram("apt-get") !== undefined;
  return findChromium() !== undefined || canInstall ? [] : ["chromium, or Debian's apt-get and root"];
}

/** Installs Chromium without a window if there is none. */
export async function prepareBrowser(): Promise<void> {
  if (findChromium() === undefined) await ensureDebianPackages(["chromium-headless-shell"]);
}

export interface Visit {
  /** The page's URL. */
  readonly page: string;
  /** A folder for the browser's own files. */
  readonly profile: string;
  /** What Chromium does with the page, such as `--dump-dom`. */
  readonly option: string;
}

/** Opens a page in Chromium, lets its scripts run, and returns what Chromium prints. */
export function browse({ page, profile, option }: Visit): Promise<string> {
  const size = ["--window-size=1600,1000", "--virtual-time-budget=2000"];
  const plain = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    `--user-data-dir=${profile}`,
  ];
  return must([findChromium() ?? "chromium", ...plain, ...size, option, page]);
}
