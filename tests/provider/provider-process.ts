import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { stubs } from "../../sdk/stubs.ts";
import { FakeEngine } from "../fakes/engine.ts";
import { compileCache } from "../lab/cache.ts";
import { endOf, kill } from "../lab/child.ts";

type Values = Record<string, unknown>;

const root = join(import.meta.dirname, "..", "..");
/** The provider text as stored with every Vnic. */
export const stub = stubs.Vnic;
/** The provider text that version 0.1 stored. */
export const firstStub = readFileSync(join(root, "tests", "fixtures", "stubs", "vnic.protocol-1.js"), "utf8");

/** A provider's error for a resource that exists but is incomplete (`ErrorResourceInitFailed`). */
export interface InitFailure {
  readonly id: string;
  readonly properties: Values;
  readonly reasons: readonly string[];
}

/** A failed call, as the engine receives it. */
export class CallError extends Error {
  readonly initFailure?: InitFailure;

  constructor({ details, metadata }: grpc.ServiceError) {
    super(details);
    const [packed] = metadata.get("grpc-status-details-bin");
    const detail = packed ? status.Status.deserializeBinary(packed as Buffer).getDetailsList()[0] : undefined;
    const failure = detail?.unpack(
      messages.ErrorResourceInitFailed.deserializeBinary,
      "pulumirpc.ErrorResourceInitFailed",
    );
    if (!failure) return;
    this.initFailure = {
      id: failure.getId(),
      properties: failure.getProperties()?.toJavaScript() ?? {},
      reasons: failure.getReasonsList(),
    };
  }
}

/** Pulumi's own dynamic provider process with our stub, called as the engine calls it. */
export class ProviderProcess {
  readonly engine: FakeEngine;
  /** The output on stderr. */
  readonly stderr: string[] = [];
  private readonly child: ChildProcess;
  private client: InstanceType<typeof services.ResourceProviderClient> | undefined;

  private constructor(engine: FakeEngine, child: ChildProcess) {
    this.engine = engine;
    this.child = child;
    child.stderr?.on("data", (chunk: Buffer) => this.stderr.push(chunk.toString()));
  }

  /** Starts the process. `node` is the executable; `env` is added to an environment without any cluster. */
  static async start({
    node = process.execPath,
    env = {},
  }: { node?: string; env?: NodeJS.ProcessEnv } = {}): Promise<ProviderProcess> {
    const engine = await new FakeEngine().start();
    const script = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/dynamic-provider/index.js");
    const clean: NodeJS.ProcessEnv = {
      PATH: process.env.PATH,
      HOME: join(tmpdir(), "vnic-no-such-home"),
      PULUMI_NODEJS_PROJECT: "shop",
      NODE_COMPILE_CACHE: compileCache,
    };
    const child = spawn(node, [script, engine.address], {
      cwd: root,
      env: { ...clean, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const provider = new ProviderProcess(engine, child);
    const port = await Promise.race([firstLine(child), once(child, "exit").then(() => undefined)]);
    if (port === undefined) throw new Error(`the provider process ended at once: ${provider.stderr.join("")}`);
    provider.client = new services.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    return provider;
  }

  async stop(): Promise<void> {
    this.client?.close();
    this.engine.stop();
    await kill(this.child);
  }

  /** Resolves when the process has ended by itself. */
  async ended(): Promise<void> {
    await endOf(this.child);
  }

  async configure(config: Values = {}): Promise<void> {
    const request = new messages.ConfigureRequest();
    request.setArgs(toStruct(config));
    await this.call<object>("configure", request);
  }

  async check(news: Values, olds: Values = {}): Promise<{ inputs: Values; failures: Record<string, string> }> {
    const request = new messages.CheckRequest();
    request.setOlds(toStruct(olds));
    request.setNews(withStub(news));
    const response = await this.call<messages.CheckResponse>("check", request);
    return {
      inputs: withoutStub(response.getInputs()),
      failures: Object.fromEntries(response.getFailuresList().map((one) => [one.getProperty(), one.getReason()])),
    };
  }

  async diff(
    id: string,
    olds: Values,
    news: Values,
  ): Promise<{ changes: string; replaces: string[]; deleteBeforeReplace: boolean }> {
    const request = new messages.DiffRequest();
    request.setId(id);
    request.setOlds(withStub(olds));
    request.setNews(withStub(news));
    const response = await this.call<messages.DiffResponse>("diff", request);
    const { DIFF_NONE, DIFF_SOME, DIFF_UNKNOWN } = messages.DiffResponse.DiffChanges;
    const names = { [DIFF_NONE]: "none", [DIFF_SOME]: "some", [DIFF_UNKNOWN]: "unknown" };
    return {
      changes: names[response.getChanges()],
      replaces: response.getReplacesList(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
    };
  }

  async create(inputs: Values): Promise<{ id: string; properties: Values }> {
    const request = new messages.CreateRequest();
    request.setProperties(withStub(inputs));
    const response = await this.call<messages.CreateResponse>("create", request);
    return { id: response.getId(), properties: withoutStub(response.getProperties()) };
  }

  async update(id: string, olds: Values, news: Values): Promise<Values> {
    const request = new messages.UpdateRequest();
    request.setId(id);
    request.setOlds(withStub(olds));
    request.setNews(withStub(news));
    return withoutStub((await this.call<messages.UpdateResponse>("update", request)).getProperties());
  }

  async read(id: string, properties: Values): Promise<{ id: string; properties: Values }> {
    const request = new messages.ReadRequest();
    request.setId(id);
    request.setProperties(withStub(properties));
    const response = await this.call<messages.ReadResponse>("read", request);
    return { id: response.getId(), properties: withoutStub(response.getProperties()) };
  }

  async delete(id: string, properties: Values): Promise<void> {
    const request = new messages.DeleteRequest();
    request.setId(id);
    request.setProperties(withStub(properties));
    await this.call<object>("delete", request);
  }

  private call<T>(method: string, request: object): Promise<T> {
    return new Promise((resolve, reject) => {
      const client = this.client as unknown as Record<
        string,
        (request: object, done: (error: grpc.ServiceError | null, response: T) => void) => void
      >;
      client[method]?.(request, (error, response) => (error ? reject(new CallError(error)) : resolve(response)));
    });
  }
}

async function firstLine(child: ChildProcess): Promise<string | undefined> {
  if (!child.stdout) return undefined;
  for await (const line of createInterface({ input: child.stdout })) return line;
  return undefined;
}

function toStruct(values: Values): struct.Struct {
  return struct.Struct.fromJavaScript(values as Record<string, struct.JavaScriptValue>);
}

function withStub(values: Values): struct.Struct {
  return toStruct({ __provider: stub, ...values });
}

/** The values without the stub, which must be among them. */
function withoutStub(values: struct.Struct | undefined): Values {
  const { __provider, ...rest } = values?.toJavaScript() ?? {};
  if (__provider !== stub) throw new Error("__provider was lost on the way");
  return rest;
}

/** Returns the error that a call was rejected with; fails if it wasn't. */
export async function callError(promise: Promise<unknown>): Promise<CallError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CallError))
    throw new Error(`ended with ${String(error)}, not with an error of the provider`, { cause: error });
  return error;
}
