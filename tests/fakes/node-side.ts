import { isVnicError, messageOf, VnicError } from "../../provider/base/errors.ts";
import { protocolVersion } from "../../provider/model/wire/hello.ts";
import type { Request } from "../../provider/model/wire/session-protocol.ts";
import type { FakeAttachment } from "./attachment.ts";
import { association, injectResult, liveInterface } from "./objects.ts";

type Handler = (request: Request) => unknown;

/**
 * The node side of every session of a fake cluster: one replaceable handler per verb, whose errors become error
 * answers.
 */
export class FakeNodeSide {
  readonly requests: Request[] = [];
  /** Step lines before each answer. */
  steps: string[] = [];
  hello: Handler = () => ({ protocol: protocolVersion, version: "0.1.0" });
  inject: Handler = () => injectResult();
  eject: Handler = () => ({ removed: true, resourceFile: true, steps: [] });
  go: Handler = () => ({});
  list: Handler = () => ({ vnics: [] });
  purge: Handler = () => ({ removed: 0 });
  show: Handler = () => ({});
  inspect: Handler = () => ({ time: new Date().toISOString(), missingKinds: [], networks: [] });
  observe: Handler = () => ({ interface: liveInterface(), sandboxId: association().sandboxId, resourceFile: true });
  survey: Handler = (request) => {
    const plans = request.verb === "survey" ? request.plans : [];
    const seen = plans.map((plan) => ({ uid: plan.vnic.uid, as: this.observe({ id: 0, verb: "observe", plan }) }));
    return { seen };
  };

  /** Held requests by ID. */
  private readonly held = new Map<number, (proceed: boolean) => void>();

  /** Requests, except `hello` and `go`. */
  get work(): Request[] {
    return this.requests.filter(({ verb }) => verb !== "hello" && verb !== "go");
  }

  /** Whether an injection may proceed. As on the real node side, a held injection waits for the driver's decision. */
  private async mayProceed(request: Request): Promise<boolean> {
    if (request.verb === "go") this.held.get(request.of)?.(request.proceed);
    if (request.verb !== "inject" || !request.hold) return true;
    return new Promise((resolve) => this.held.set(request.id, resolve));
  }

  async serve(request: Request, attachment: FakeAttachment): Promise<void> {
    const { id, verb } = request;
    this.requests.push(request);
    try {
      if (!(await this.mayProceed(request))) throw new VnicError("refused", "the driver has withdrawn the request");
      const result = await this[verb](request);
      if (verb !== "hello") attachment.say(...this.steps.map((step) => ({ id, step })));
      attachment.say({ id, result });
    } catch (error) {
      attachment.say({
        id,
        error: {
          kind: isVnicError(error, "refused") ? "refused" : "failed",
          message: messageOf(error),
          ...(isVnicError(error) && error.subject ? { subject: error.subject } : {}),
        },
      });
    }
  }
}

/** A handler that never answers. */
export const never: Handler = () => new Promise(() => undefined);
