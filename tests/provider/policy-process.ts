import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { kill } from "../lab/child.ts";

/** A resource of a program, as the engine sends it to a policy pack. */
export interface Analyzed {
  readonly type: string;
  readonly name?: string;
  readonly props: object;
}

type Config = Record<string, Record<string, unknown>>;

/** Pulumi's own process for policy packs, called as the engine calls it. */
export class PolicyProcess {
  private readonly child: ChildProcess;
  private readonly client: InstanceType<typeof services.AnalyzerClient>;

  private constructor(child: ChildProcess, port: string) {
    this.child = child;
    this.client = new services.AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  }

  /** Starts the pack in a folder, with its default configuration. */
  static async start(folder: string): Promise<PolicyProcess> {
    const script = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run-policy-pack/index.js");
    // The pack reports violations to its caller, so it needs no engine.
    const child = spawn(process.execPath, [script, "127.0.0.1:1", folder], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stderr: string[] = [];
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk.toString()));
    const lines = createInterface({ input: child.stdout });
    const port = await Promise.race([once(lines, "line"), once(child, "exit").then(() => [undefined])]);
    if (typeof port[0] !== "string") throw new Error(`the policy pack ended at once: ${stderr.join("")}`);
    const pack = new PolicyProcess(child, port[0]);
    await pack.configure();
    return pack;
  }

  async stop(): Promise<void> {
    this.client.close();
    await kill(this.child, "SIGTERM");
  }

  /** Configures the policies, each by its name, beyond the defaults of their schemas. */
  async configure(config: Config = {}): Promise<void> {
    const info = await promisify<empty.Empty, messages.AnalyzerInfo>(this.client.getAnalyzerInfo.bind(this.client))(
      new empty.Empty(),
    );
    const request = new messages.ConfigureAnalyzerRequest();
    for (const policy of info.getPoliciesList()) {
      const schema = (policy.getConfigschema()?.getProperties()?.toJavaScript() ?? {}) as Config;
      const defaults = Object.fromEntries(Object.entries(schema).map(([name, { default: value }]) => [name, value]));
      const own = new messages.PolicyConfig();
      own.setEnforcementlevel(messages.EnforcementLevel.MANDATORY);
      own.setProperties(structOf({ ...defaults, ...config[policy.getName()] }));
      request.getPolicyconfigMap().set(policy.getName(), own);
    }
    await promisify<messages.ConfigureAnalyzerRequest, unknown>(this.client.configure.bind(this.client))(request);
  }

  /** The violations of one resource, by the policy's name. */
  async analyze(resource: Analyzed): Promise<string[]> {
    const request = filled(new messages.AnalyzeRequest(), resource);
    return violationsIn(
      await promisify<messages.AnalyzeRequest, messages.AnalyzeResponse>(this.client.analyze.bind(this.client))(
        request,
      ),
    );
  }

  /** The violations of a whole stack, by the policy's name. */
  async analyzeStack(resources: readonly Analyzed[]): Promise<string[]> {
    const request = new messages.AnalyzeStackRequest();
    request.setResourcesList(resources.map((resource) => filled(new messages.AnalyzerResource(), resource)));
    return violationsIn(
      await promisify<messages.AnalyzeStackRequest, messages.AnalyzeResponse>(
        this.client.analyzeStack.bind(this.client),
      )(request),
    );
  }
}

/** Fills in a message that describes one resource. */
function filled<Message extends messages.AnalyzeRequest | messages.AnalyzerResource>(
  message: Message,
  { type, name = "wire", props }: Analyzed,
): Message {
  message.setType(type);
  message.setName(name);
  message.setUrn(`urn:pulumi:dev::shop::${type}::${name}`);
  message.setProperties(structOf(props));
  message.setOptions(new messages.AnalyzerResourceOptions());
  return message;
}

function structOf(values: object): struct.Struct {
  return struct.Struct.fromJavaScript(values as Record<string, struct.JavaScriptValue>);
}

/** The violations, each as the policy's name and its own words, which follow its description in the message. */
function violationsIn(response: messages.AnalyzeResponse): string[] {
  return response
    .getDiagnosticsList()
    .map((one) => `${one.getPolicyname()}: ${one.getMessage().trim().split("\n").at(-1) ?? ""}`);
}
