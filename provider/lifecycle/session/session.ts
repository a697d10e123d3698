import type { Clock } from "../../base/clock.ts";
import { parseJson } from "../../base/json.ts";
import { truncate } from "../../base/quote.ts";
import { StringDecoder } from "node:string_decoder";
import type * as z from "zod";
import type { Attachment, Cluster } from "../../cluster/cluster.ts";
import { VnicError } from "../../base/errors.ts";
import { systemNamespace } from "../../model/names.ts";
import type { NodeObject } from "../../model/kubernetes/node.ts";
import type { PodObject } from "../../model/kubernetes/pod.ts";
import { readSessionPod } from "../../model/kubernetes/session-pod.ts";
import { sessionContainer, sessionJob, type SessionJobOptions } from "../../model/kubernetes/session-job.ts";
import { maxLength } from "../../model/schema/bounds.ts";
import { protocolVersion } from "../../model/wire/hello.ts";
import {
  type Answer,
  answer,
  ejectResult,
  goResult,
  helloResult,
  injectResult,
  inspectResult,
  listResult,
  observeResult,
  purgeResult,
  showResult,
  surveyResult,
  type InjectPlan,
  type InjectResult,
  type Request,
} from "../../model/wire/session-protocol.ts";
import type { Deadline } from "../deadline.ts";
import { findLayout } from "./node-layout.ts";
import { SilenceGuard } from "./silence-guard.ts";
import { StartMonitor } from "./start-monitor.ts";

const results = {
  hello: helloResult,
  inject: injectResult,
  inspect: inspectResult,
  go: goResult,
  eject: ejectResult,
  observe: observeResult,
  purge: purgeResult,
  show: showResult,
  survey: surveyResult,
  list: listResult,
};
type NodeSideError = Extract<Answer, { readonly error: unknown }>["error"];
type Verb = keyof typeof results;
type RequestFields<V extends Verb> = Omit<Extract<Request, { verb: V }>, "id" | "verb">;
type Result<V extends Verb> = z.output<(typeof results)[V]>;

/**
 * More characters than an answer about one Vnic has. A node may send anything, and a process with the reconciler's
 * memory must be able to parse it.
 */
const usualLineLength = 2 ** 20;
/** For each Vnic of a survey, which only a program's driver makes; and for all of them. */
const [surveyedLength, maxSurveyLength] = [2 ** 16, 2 ** 26];

interface Pending {
  /** The largest number of characters of its answer. */
  readonly longest: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: VnicError) => void;
  readonly onStep: (step: string) => void;
}

/** A running injection Job: plans in, results out, many at a time. */
export class Session {
  readonly job: string;
  private readonly node: string;
  private readonly attachment: Attachment;
  private readonly pending = new Map<number, Pending>();
  private readonly silence: SilenceGuard;
  private lastId = 0;
  private broken: string | undefined;
  private readonly brokenListeners: (() => void)[] = [];

  constructor(job: string, node: string, attachment: Attachment, clock: Clock) {
    this.job = job;
    this.node = node;
    this.attachment = attachment;
    this.silence = new SilenceGuard({
      clock,
      ask: () => void this.request("hello", {}).catch(() => undefined),
      onSilent: (seconds) => {
        this.break(`node ${node} has said nothing for ${seconds} s`);
        attachment.close();
      },
    });
    const decoder = new StringDecoder("utf8");
    let rest = "";
    attachment.onOutput((chunk) => {
      this.silence.hear();
      // What came before is never searched again, because a node may send a long line in small pieces.
      const [first, ...others] = decoder.write(chunk).split("\n");
      rest += first;
      for (const next of others) {
        if (this.isTooLong(rest)) break;
        this.receive(rest);
        rest = next;
      }
      if (!this.isTooLong(rest)) return;
      rest = "";
      this.break(`it sent a line of more than ${this.longestLine} characters`);
      attachment.close();
    });
    attachment.onClose((why) => this.break(why));
  }

  /** Called when either side has ended the session. */
  onBroken(listener: () => void): void {
    if (this.broken === undefined) this.brokenListeners.push(listener);
    else listener();
  }

  request<V extends Verb>(
    verb: V,
    fields: RequestFields<V>,
    onStep: (step: string) => void = () => undefined,
  ): Promise<Result<V>> {
    return this.send(++this.lastId, verb, fields, onStep);
  }

  /**
   * Runs an injection that starts immediately, but changes nothing in the pod until `check` has passed. If `check`
   * fails, the injection is undone, and the error is that of `check`.
   */
  async injectOnce(check: Promise<void>, plan: InjectPlan, onStep: (step: string) => void): Promise<InjectResult> {
    const id = ++this.lastId;
    const injected = this.send(id, "inject", { plan, hold: true }, onStep);
    injected.catch(() => undefined); // The failure is handled below, after the check.
    try {
      await check;
    } catch (error) {
      await Promise.allSettled([this.request("go", { of: id, proceed: false }), injected]);
      throw error;
    }
    this.request("go", { of: id, proceed: true }).catch(() => undefined); // A failure shows in the injection's own answer.
    return injected;
  }

  private send<V extends Verb>(
    id: number,
    verb: V,
    fields: RequestFields<V>,
    onStep: (step: string) => void,
  ): Promise<Result<V>> {
    if (this.broken !== undefined) return Promise.reject(this.brokenError(this.broken));
    return new Promise<unknown>((resolve, reject) => {
      const { plans } = fields as Partial<RequestFields<"survey">>;
      const longest = plans === undefined ? usualLineLength : lengthOfSurvey(plans.length);
      this.pending.set(id, { longest, resolve, reject, onStep });
      this.silence.start();
      this.attachment.write(`${JSON.stringify({ id, verb, ...fields })}\n`);
    }).then((result) => {
      const parsed = results[verb].safeParse(result);
      if (parsed.success) return parsed.data as Result<V>;
      throw this.invalidAnswer();
    });
  }

  private invalidAnswer(): VnicError {
    return new VnicError("failed", `injection session ${systemNamespace}/${this.job} gave an invalid answer`);
  }

  /** Closes stdin: the Job finishes its current work and completes. */
  close(): void {
    this.attachment.close();
    this.break("it was closed");
  }

  private isTooLong({ length }: string): boolean {
    return length > usualLineLength && length > this.longestLine;
  }

  /** The largest number of characters that a line may have, by what is awaited. */
  private get longestLine(): number {
    return Math.max(usualLineLength, ...[...this.pending.values()].map(({ longest }) => longest));
  }

  private receive(line: string): void {
    // Nobody waits for it.
    if (this.pending.size === 0) return;
    const json = parseJson(line);
    const id = (json as { id?: unknown } | null | undefined)?.id as number;
    const waiting = this.pending.get(id);
    if (!waiting) return;
    const parsed = answer.safeParse(json);
    const { data } = parsed;
    if (data && "step" in data) return waiting.onStep(truncate(data.step, maxLength.message));
    this.pending.delete(id);
    if (this.pending.size === 0) this.silence.stop();
    if (!data) waiting.reject(this.invalidAnswer());
    else if ("error" in data) waiting.reject(this.errorOf(data.error));
    else waiting.resolve(data.result);
  }

  /** Adds the node's name, which the node side doesn't know, to a failure. A refusal already names the input that is wrong. */
  private errorOf({ kind, message, subject }: NodeSideError): VnicError {
    const words = truncate(message, maxLength.message);
    return new VnicError(kind, kind === "failed" ? `node ${this.node}: ${words}` : words, subject ? { subject } : {});
  }

  private break(why: string): void {
    if (this.broken !== undefined) return;
    this.broken = why;
    this.silence.stop();
    this.brokenListeners.forEach((listener) => listener());
    for (const { reject } of this.pending.values()) reject(this.brokenError(why));
    this.pending.clear();
  }

  private brokenError(why: string): VnicError {
    return new VnicError("sessionBroken", `injection session ${systemNamespace}/${this.job} ended: ${why}`);
  }
}

function lengthOfSurvey(vnics: number): number {
  return Math.min(usualLineLength + vnics * surveyedLength, maxSurveyLength);
}

export interface SessionOptions extends Omit<SessionJobOptions, "layout"> {
  /** The time between attempts to attach during the first three seconds, in milliseconds. */
  readonly attachEveryMilliseconds: number;
}

/** No container starts sooner after its pod was made; a container that was there already is found by the first attempt. */
const earliestMilliseconds = 200;

/**
 * Creates the Job and attaches to it as soon as its container is running. Statuses reach the API server more than half
 * a second late, so it tries repeatedly instead of waiting for them; it reads them only to detect a Job that will
 * never start.
 *
 * @param node The Node, if it was read just now.
 */
export async function openSession(
  cluster: Cluster,
  { attachEveryMilliseconds, ...options }: SessionOptions,
  deadline: Deadline,
  node?: NodeObject,
): Promise<Session> {
  const layout = await findLayout(cluster, options.node, node);
  const job = sessionJob({ ...options, layout });
  const { name } = job.metadata;
  await cluster.createJob(job);
  try {
    const { clock } = deadline;
    const monitor = new StartMonitor(cluster, options, clock);
    let pod: PodObject | undefined;
    let attached = false;
    let nextReadAt = 0;
    let attempts = 0;
    for (;;) {
      if (clock.now() >= nextReadAt) {
        pod = await cluster.findJobPod(name);
        await monitor.check(pod, attached);
        // Until there is a pod, every attempt reads the status; later only one in 200 ms does.
        nextReadAt = pod?.metadata?.name ? clock.now() + 200 : 0;
      }
      const podName = pod?.metadata?.name;
      const attachment = podName === undefined ? undefined : await cluster.attach(podName, sessionContainer);
      attempts += podName === undefined ? 0 : 1;
      attached ||= attachment !== undefined;
      const session = attachment && (await handshake(name, options.node, attachment, deadline));
      if (session) return session;
      await deadline.wait(
        pauseMilliseconds(attempts, monitor.milliseconds, attachEveryMilliseconds),
        `injection Job ${systemNamespace}/${name} on node ${options.node}: ${startingWords(pod)}`,
      );
    }
  } catch (error) {
    // If this fails as well, the session ends without its driver, and the Job's TTL removes the Job.
    await cluster.deleteJob(name).catch(() => undefined);
    throw error;
  }
}

/** The time until the next attempt, when so many have failed within that time. */
function pauseMilliseconds(attempts: number, milliseconds: number, everyMilliseconds: number): number {
  if (attempts === 1) return earliestMilliseconds;
  return milliseconds < 3000 ? everyMilliseconds : 250;
}

/** Waits for the first line of a session; undefined if the connection doesn't reach the container yet. */
async function handshake(
  job: string,
  node: string,
  attachment: Attachment,
  deadline: Deadline,
): Promise<Session | undefined> {
  const session = new Session(job, node, attachment, deadline.clock);
  const cancel = deadline.clock.after(deadline.remainingMilliseconds, () => session.close());
  try {
    const { protocol, version } = await session.request("hello", {});
    if (protocol === protocolVersion) return session;
    session.close();
    throw new VnicError(
      "failed",
      `the injection image speaks protocol ${protocol} (version ${version}), this package speaks ${protocolVersion}; set vnic:image to the image of this package's version`,
    );
  } catch (error) {
    if (error instanceof VnicError && error.kind === "sessionBroken") return undefined;
    throw error;
  } finally {
    cancel();
  }
}

function startingWords(pod: PodObject | undefined): string {
  if (!pod) return "the Job controller has not made its pod yet";
  const state = readSessionPod(pod);
  return state.state === "running" ? "its container runs but doesn't answer" : state.why;
}
