import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { kill } from "../lab/child.ts";
import { ensureDebianPackages } from "../lab/debian-packages.ts";
import { findProgram } from "../lab/find-program.ts";
import { Page } from "./page.ts";

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

/** The size of the window, in pixels. */
export const windowSize = { width: 1600, height: 1000 } as const;

export type Theme = "light" | "dark";

/** A Chromium without a window, which is driven by the Chrome DevTools Protocol. */
export class Browser {
  private readonly child: ChildProcess;
  private readonly socket: WebSocket;
  private readonly waiting = new Map<number, { done: (result: object) => void; fail: (error: Error) => void }>();
  private readonly listeners = new Set<(session: string, method: string, params: object) => void>();
  private last = 0;

  private constructor(child: ChildProcess, socket: WebSocket) {
    this.child = child;
    this.socket = socket;
    socket.on("message", (data: Buffer) => this.receive(JSON.parse(data.toString()) as Message));
  }

  /** @param profile A folder for the browser's own files. */
  static async start(profile: string): Promise<Browser> {
    const plain = [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--remote-debugging-port=0",
    ];
    const size = `--window-size=${windowSize.width},${windowSize.height}`;
    const child = spawn(findChromium() ?? "chromium", [...plain, size, `--user-data-dir=${profile}`, "about:blank"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const words: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      words.push(line);
      const address = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (address === undefined) continue;
      // What it writes later is about the machine, such as a missing bus, and must not fill the pipe.
      child.stderr.resume();
      const socket = new WebSocket(address);
      await once(socket, "open");
      return new Browser(child, socket);
    }
    throw new Error(`starting Chromium: ${words.join("\n")}`);
  }

  /** Opens a page in a browser whose user prefers a theme. */
  async open(url: string, theme: Theme = "light"): Promise<Page> {
    const { targetId } = await this.send<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send<{ sessionId: string }>("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page((method, params) => this.send(method, params, sessionId));
    this.listeners.add((session, method, params) => {
      if (session === sessionId) page.notice(method, params);
    });
    await page.load(url, { theme, ...windowSize });
    return page;
  }

  async stop(): Promise<void> {
    this.socket.close();
    await kill(this.child);
  }

  private send<T extends object>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    const id = ++this.last;
    const result = new Promise<object>((done, fail) => this.waiting.set(id, { done, fail }));
    this.socket.send(JSON.stringify({ id, method, params, sessionId }));
    return result as Promise<T>;
  }

  private receive({ id, method = "", params = {}, result = {}, error, sessionId = "" }: Message): void {
    if (id === undefined) return this.listeners.forEach((listen) => listen(sessionId, method, params));
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) waiting?.fail(new Error(`Chromium: ${error.message}`));
    else waiting?.done(result);
  }
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: object;
  readonly result?: object;
  readonly error?: { readonly message: string };
  readonly sessionId?: string;
}
