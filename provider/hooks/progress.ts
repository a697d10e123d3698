import { createRequire } from "node:module";
import { printable } from "../base/printable.ts";

/** Shows text in the resource's row of the progress display. */
export type Progress = (text: string) => void;

interface EngineClient {
  log(request: unknown, callback: (error: unknown) => void): void;
}

let engine: { client: EngineClient; requests: typeof import("@pulumi/pulumi/proto/engine_pb.js") } | undefined | null;

/**
 * Progress of the resource with that URN. In a provider's process the SDK's log functions can't refer to a resource,
 * but the engine passes its own address as the first argument, and accepts messages for any URN. Each message replaces the
 * previous one. Failures are ignored.
 */
export function progressOf(urn: string | undefined): Progress {
  return rowOf(urn, (request, { LogSeverity }) => {
    request.setSeverity(LogSeverity.INFO);
    request.setEphemeral(true);
  });
}

/** Warnings on the row of the resource with that URN, which stay among its diagnostics. */
export function warningOf(urn: string | undefined): Progress {
  return rowOf(urn, (request, { LogSeverity }) => request.setSeverity(LogSeverity.WARNING));
}

type Requests = typeof import("@pulumi/pulumi/proto/engine_pb.js");

function rowOf(
  urn: string | undefined,
  style: (request: InstanceType<Requests["LogRequest"]>, requests: Requests) => void,
): Progress {
  let last = "";
  return (text) => {
    if (urn === undefined || text === last) return;
    last = text;
    engine ??= connect(process.argv[2]);
    if (!engine) return;
    const request = new engine.requests.LogRequest();
    style(request, engine.requests);
    // It may quote others, such as the message of a pod's condition.
    request.setMessage(printable(text));
    request.setUrn(urn);
    engine.client.log(request, () => undefined);
  };
}

function connect(address: string | undefined): typeof engine {
  if (!address || !/^[\w.[\]:-]+:\d+$/.test(address)) return null;
  try {
    const require = createRequire(import.meta.url);
    const { credentials } = require("@grpc/grpc-js") as { credentials: { createInsecure(): unknown } };
    const { EngineClient } = require("@pulumi/pulumi/proto/engine_grpc_pb.js") as {
      EngineClient: new (address: string, credentials: unknown) => EngineClient;
    };
    const requests = require("@pulumi/pulumi/proto/engine_pb.js") as typeof import("@pulumi/pulumi/proto/engine_pb.js");
    return { client: new EngineClient(address, credentials.createInsecure()), requests };
  } catch {
    return null;
  }
}
