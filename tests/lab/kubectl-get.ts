import { apiVersion as ownVersion } from "../../provider/model/names.ts";
import { type ApiAccess, ask } from "./api-request.ts";
import type { Output } from "./run.ts";

/* The usual `kubectl get` without a start of kubectl, which takes ten times as much CPU as the request. */

interface Kind {
  readonly kind: string;
  readonly apiVersion: string;
  readonly plural: string;
  readonly isNamespaced: boolean;
}

interface KubernetesObject {
  readonly kind?: string;
  readonly metadata: { readonly name: string; readonly managedFields?: unknown };
}

const kinds: readonly Kind[] = [
  ...["Vnic", "VnicSet"].map((kind) => made(ownVersion, kind)),
  ...["VnicNetwork", "VnicAddress"].map((kind) => made(ownVersion, kind, false)),
  ...["Pod", "Event", "Secret"].map((kind) => made("v1", kind)),
  ...["Node", "Namespace"].map((kind) => made("v1", kind, false)),
  made("batch/v1", "Job"),
  made("coordination.k8s.io/v1", "Lease"),
];

function made(apiVersion: string, kind: string, isNamespaced = true): Kind {
  const singular = kind.toLowerCase();
  return { kind, apiVersion, plural: `${singular}${singular.endsWith("s") ? "es" : "s"}`, isNamespaced };
}

/** A kind by its plural or its singular. */
const findKind = (word: string): Kind | undefined =>
  kinds.find(({ kind, plural }) => word === plural || word === kind.toLowerCase());

/** What a command asks for. */
interface Question {
  readonly kinds: readonly Kind[];
  readonly name?: string;
  /** Undefined for all namespaces. */
  readonly namespace?: string;
  readonly selectors: URLSearchParams;
  readonly print: (answer: object, objects: readonly (readonly [Kind, KubernetesObject])[]) => string | undefined;
  readonly ignoresMissing: boolean;
}

/**
 * Answers a `kubectl get` of the usual kinds with `-o json`, `-o name` or a path. Returns undefined for any other
 * command, and if the request fails: kubectl then says what is wrong.
 */
export async function answerGet(
  argv: readonly string[],
  access: () => Promise<ApiAccess>,
): Promise<Output | undefined> {
  const question = parse(argv);
  if (!question) return undefined;
  const server = await access().catch(() => undefined);
  if (!server) return undefined;
  const found: [Kind, KubernetesObject][] = [];
  for (const kind of question.kinds) {
    const body = await ask(server, pathOf(kind, question)).catch(() => undefined);
    if (body?.status === 404 && question.ignoresMissing && question.name !== undefined) return output("");
    if (body?.status !== 200) return undefined;
    const whole = JSON.parse(body.text) as KubernetesObject & { items?: KubernetesObject[] };
    for (const object of whole.items ?? [whole])
      found.push([
        kind,
        { apiVersion: kind.apiVersion, kind: kind.kind, ...withoutManagers(object) } as KubernetesObject,
      ]);
  }
  const objects = found.map(([, object]) => object);
  const answer =
    question.name === undefined
      ? { apiVersion: "v1", items: objects, kind: "List", metadata: { resourceVersion: "" } }
      : (objects[0] ?? {});
  const text = question.print(answer, found);
  return text === undefined ? undefined : output(text);
}

const output = (stdout: string): Output => ({ code: 0, stdout, stderr: "" });

function withoutManagers(object: KubernetesObject): KubernetesObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function pathOf({ apiVersion, plural, isNamespaced }: Kind, { name, namespace, selectors }: Question): string {
  const api = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const place = isNamespaced && namespace !== undefined ? `/namespaces/${namespace}` : "";
  return `${api}${place}/${plural}${name === undefined ? `?${selectors.toString()}` : `/${name}`}`;
}

function parse(argv: readonly string[]): Question | undefined {
  const words: string[] = [];
  const selectors = new URLSearchParams();
  let namespace: string | undefined = "default";
  let print: Question["print"] | undefined;
  let ignoresMissing = false;
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "-n") namespace = rest.shift();
    else if (word.startsWith("--namespace=")) namespace = word.replace("--namespace=", "");
    else if (word === "-A") namespace = undefined;
    else if (word === "-l") selectors.set("labelSelector", rest.shift() ?? "");
    else if (word === "--field-selector") selectors.set("fieldSelector", rest.shift() ?? "");
    else if (word === "-o") print = printer(rest.shift() ?? "");
    else if (word === "--ignore-not-found") ignoresMissing = true;
    else if (word.startsWith("-")) return undefined;
    else words.push(word);
  }
  const [verb, what = "", name, ...more] = words;
  const asked = what.split(",").map(findKind);
  if (verb !== "get" || more.length > 0 || print === undefined || !asked.every((kind) => kind !== undefined))
    return undefined;
  if (name !== undefined && (asked.length > 1 || name.includes("/") || namespace === undefined)) return undefined;
  return {
    kinds: asked,
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    selectors,
    print,
    ignoresMissing,
  };
}

function printer(format: string): Question["print"] | undefined {
  if (format === "json") return (answer) => JSON.stringify(answer);
  if (format === "name") return (_, objects) => objects.map(nameLine).join("");
  const [, template] = /^jsonpath=(.*)$/.exec(format) ?? [];
  const pieces = template?.split(/(\{[^{}]*\})/) ?? [];
  const isPath = (piece: string) => /^\{(\.\w+|\[\*\])+\}$/.test(piece);
  if (template === undefined || !pieces.every((piece) => isPath(piece) || !/[{}"'\\]/.test(piece))) return undefined;
  return (answer) => {
    const texts = pieces.map((piece) => (isPath(piece) ? valuesAt(answer, piece) : piece));
    return texts.includes(undefined) ? undefined : texts.join("");
  };
}

function nameLine([{ kind, apiVersion }, { metadata }]: readonly [Kind, KubernetesObject]): string {
  const [group] = apiVersion.includes("/") ? apiVersion.split("/") : [];
  return `${[kind.toLowerCase(), ...(group === undefined ? [] : [group])].join(".")}/${metadata.name}\n`;
}

/** The values at a path like `{.items[*].metadata.name}`, or undefined if one is an object, which kubectl would print. */
function valuesAt(answer: object, path: string): string | undefined {
  let values: unknown[] = [answer];
  for (const [step] of path.matchAll(/\.\w+|\[\*\]/g))
    values = values
      .flatMap((value) => (step === "[*]" ? value : (value as Record<string, unknown>)[step.slice(1)]))
      .filter((value) => value !== undefined && value !== null);
  return values.some((value) => typeof value === "object") ? undefined : values.map(String).join(" ");
}
