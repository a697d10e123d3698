import { VnicError } from "../../provider/base/errors.ts";
import type { LongRunning, LineCallbacks, Programs, Started } from "../../provider/node/run.ts";
import type { FakeKernel } from "./kernel.ts";

/**
 * How a program fails. It can't be started; it exits with an error before any work, or half-way through its lines; it
 * hangs after its work until it is killed; it prints nothing, half of its output, or something else.
 */
export type Fault = "unstarted" | "refused" | "half done" | "hung" | "silent" | "cut off" | "garbled";

/**
 * The programs of the node side on a {@link FakeKernel}. One call of a program can fail, or that call and all later
 * ones.
 */
export class FakePrograms implements Programs {
  /** The command lines of all programs that were started, in order. */
  readonly started: string[] = [];
  private readonly kernel: FakeKernel;
  private fault: { readonly call: number; readonly fault: Fault; readonly lasts: boolean } | undefined;

  constructor(kernel: FakeKernel) {
    this.kernel = kernel;
  }

  /**
   * Makes the program call with the number `call` fail, where the next call is number 1; with `lasts`, all later calls
   * fail as well.
   */
  failAt(call: number, fault: Fault, lasts: boolean): void {
    this.fault = { call: this.started.length + call, fault, lasts };
  }

  heal(): void {
    this.fault = undefined;
  }

  start(program: string, args: readonly string[]): Started {
    const fault = this.count(program, args);
    const argv = [program, ...args];
    return {
      finish: async (input) => {
        await Promise.resolve();
        if (fault === "unstarted") throw new VnicError("failed", `running ${program}: spawn ${program} EAGAIN`);
        if (fault === "refused") throw failed(argv, "ended by exit code 1");
        const lines = input.split("\n").filter(Boolean);
        const output = this.run(argv, fault === "half done" ? lines.slice(0, lines.length / 2) : lines);
        if (fault === "half done") throw failed(argv, "RTNETLINK answers: No buffer space available");
        if (fault === "hung") throw failed(argv, "ended after 60 s");
        if (fault === "silent") return "";
        if (fault === "cut off") return output.slice(0, output.length / 2);
        return fault === "garbled" ? "\u0000Segmentation fault" : output;
      },
    };
  }

  /** Starts a long-running program. The only one is a probe, which the hosts of the fake kernel answer. */
  startLongRunning(program: string, args: readonly string[], callbacks: LineCallbacks): LongRunning {
    const fault = this.count(program, args);
    let end: (how: string) => void = () => undefined;
    const ended = new Promise<string>((resolve) => (end = resolve));
    const host = args.at(-1) ?? "";
    const mac = this.kernel.hosts.get(host);
    setImmediate(() => {
      if (fault === "unstarted") end(`running ${program}: spawn ${program} EAGAIN`);
      else if (fault === "garbled") callbacks.stdout("\u0000Segmentation fault");
      else if (fault === undefined) {
        callbacks.stdout(`ARPING ${host} from 0.0.0.0 net1`);
        if (mac !== undefined) callbacks.stdout(`Unicast reply from ${host} [${mac.toUpperCase()}]  0.6ms`);
      } else end(`${program} ended by exit code 1`);
    });
    return { signal: (name) => end(`${program} ended by ${name}`), ended };
  }

  private count(program: string, args: readonly string[]): Fault | undefined {
    // Calls of mount aren't counted: they only occur where /proc/sys can't be written, and only once in a process, so
    // the numbers of other calls would vary.
    if (program === "mount") return undefined;
    this.started.push([program, ...args].join(" "));
    const { call, fault, lasts } = this.fault ?? { call: Infinity, fault: undefined, lasts: false };
    return this.started.length === call || (lasts && this.started.length > call) ? fault : undefined;
  }

  /** Simulates a program with the given input lines, and returns its output. */
  private run(argv: readonly string[], lines: readonly string[]): string {
    const { place, program, words } = parse(argv);
    if (program === "mount" || program === "sysctl" || program === "bridge") return "";
    if (program !== "ip") throw new Error(`no fake of ${program} ${words}`);
    if (words === "-j -d address show") return this.kernel.show(place);
    if (/^(-[46] )?(-N )?-j (route|rule|neigh|netns) /.test(words)) return "[]";
    if (!words.endsWith("-batch -")) throw new Error(`no fake of ip ${words}`);
    let output = "";
    for (const [index, line] of lines.entries())
      try {
        if (line === "address show") output += this.kernel.show(place);
        else this.kernel.run(place, line);
      } catch (error) {
        throw failed(argv, `${(error as Error).message}; Command failed -:${index + 1}`);
      }
    return output;
  }
}

/** Parses a command line; one of nsenter contains the program that it runs in a pod. */
function parse([program = "", ...args]: readonly string[]): { place: string; program: string; words: string } {
  if (program !== "nsenter") return { place: "node", program, words: args.join(" ") };
  const [net = "", , inner = "", ...rest] = args;
  return { place: net.replace("--net=", ""), program: inner, words: rest.join(" ") };
}

function failed(argv: readonly string[], how: string): VnicError {
  return new VnicError("failed", `${argv.join(" ")}: ${how}`);
}
