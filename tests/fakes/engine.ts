import grpc from "@grpc/grpc-js";
import engineServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";

export interface LoggedLine {
  readonly urn: string;
  readonly message: string;
  readonly ephemeral: boolean;
}

/** A fake of the engine's log service, which providers call. */
export class FakeEngine {
  readonly lines: LoggedLine[] = [];
  address = "";
  private readonly server = new grpc.Server();

  async start(): Promise<this> {
    this.server.addService(engineServices.EngineService, {
      log: ({ request }: { request: LogRequest }, answer: (error: null, value: empty.Empty) => void) => {
        this.lines.push({ urn: request.getUrn(), message: request.getMessage(), ephemeral: request.getEphemeral() });
        answer(null, new empty.Empty());
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      this.server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    this.address = `127.0.0.1:${port}`;
    return this;
  }

  stop(): void {
    this.server.forceShutdown();
  }
}
