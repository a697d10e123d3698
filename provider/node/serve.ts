import "./interpret-schemas.ts";
import * as z from "zod";
import { type ErrorSubject, isVnicError, messageOf } from "../base/errors.ts";
import { hello } from "../model/wire/hello.ts";
import { type Answer, type EjectPlan, request, type Request } from "../model/wire/session-protocol.ts";
import { eject } from "./eject.ts";
import { inject } from "./inject.ts";
import { inspect } from "./inspect.ts";
import { withLock } from "./lock.ts";
import { observe, survey } from "./observe.ts";
import { purge } from "./purge.ts";
import { listResourceFiles } from "./resource-file.ts";
import { show } from "./show.ts";
import { withSlot } from "./slots.ts";
import type { Report } from "./step.ts";
import { makeSysctlsWritable } from "./sysctl.ts";

/* What the node side does for the requests of its session. */

/** Begins what most requests need. */
export function prepare(): void {
  makeSysctlsWritable().catch((error: unknown) => console.error(messageOf(error)));
}

/** Requests that wait for the driver's approval, by ID. */
const held = new Map<number, (proceed: boolean) => void>();

/** Resolves to true if a request may proceed. A held request waits until the driver has decided. */
function untilGo({ id, hold }: { id: number; hold?: boolean | undefined }): Promise<boolean> {
  if (!hold) return Promise.resolve(true);
  return new Promise<boolean>((resolve) => held.set(id, resolve)).finally(() => held.delete(id));
}

/** Rejects all held requests. */
export function rejectHeld(): void {
  held.forEach((decide) => decide(false));
}

function work(request: Request, report: Report): Promise<unknown> {
  switch (request.verb) {
    case "hello":
      return Promise.resolve(hello);
    case "inject": {
      const mayProceed = untilGo(request);
      return withLockAndSlot(request.plan, () => inject(request.plan, report, mayProceed));
    }
    case "go":
      held.get(request.of)?.(request.proceed);
      return Promise.resolve({});
    case "eject":
      return withLockAndSlot(request.plan, () => eject(request.plan, report));
    case "observe":
      return withSlot(request.plan.vnic.namespace, () => observe(request.plan));
    case "purge":
      return purge();
    case "show":
      return withSlot(request.plan.vnic.namespace, () => show(request.plan));
    case "survey":
      return survey(request.plans, withSlot);
    case "inspect":
      return inspect(request.networks);
    case "list":
      return listResourceFiles().then((files) => ({ vnics: files.map(({ vnic }) => vnic) }));
  }
}

/** Waits for the Vnic's lock first, which may take long, and then for a slot. */
function withLockAndSlot<T>({ vnic: { uid, namespace } }: EjectPlan, work: () => Promise<T>): Promise<T> {
  return withLock(uid, () => withSlot(namespace, work));
}

/** The ID of a request, even of an invalid one; 0 if it has none. */
const requestId = z.object({ id: z.int().catch(0) }).catch({ id: 0 });

/** Does what is requested, and answers by `sendAnswer`, also if `json` isn't a request. */
export async function serve(json: unknown, sendAnswer: (answer: Answer) => void): Promise<void> {
  const { id } = requestId.parse(json);
  try {
    const demand = request.parse(json);
    sendAnswer({ id, result: await work(demand, (step) => sendAnswer({ id, step })) });
  } catch (error) {
    if (error instanceof z.ZodError)
      sendAnswer({
        id,
        error: { kind: "invalid", message: `the request is not understood: ${z.prettifyError(error)}` },
      });
    else sendAnswer({ id, error: { kind: kindOf(error), message: messageOf(error), ...subjectIn(error) } });
  }
}

function kindOf(error: unknown): "refused" | "conflict" | "failed" {
  if (isVnicError(error, "refused")) return "refused";
  return isVnicError(error, "conflict") ? "conflict" : "failed";
}

function subjectIn(error: unknown): { subject?: ErrorSubject } {
  return isVnicError(error) && error.subject ? { subject: error.subject } : {};
}
