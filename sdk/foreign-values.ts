import * as pulumi from "@pulumi/pulumi";

/*
 * The engine's SDK leaves some values out of a resource's inputs, like functions, and sends others in another form: an
 * empty object for a Map, null for NaN. The provider can't recognise that, so these values are refused here.
 */

/** What to give in place of an object of a JavaScript class that isn't data. */
const remedies: Readonly<Record<string, string>> = {
  Date: "give a text, like date.toISOString()",
  Map: "give an object, like Object.fromEntries(map)",
  Set: "give a list, like [...set]",
  URL: "give a text, like url.hostname",
};

/**
 * Refuses values in a resource's arguments that the engine would lose or change.
 * @param resource Words for the resource in messages, like `Vnic "wire"`.
 * @returns A promise that resolves once values that weren't known yet are known. If one of them is refused, the program
 * fails and the promise doesn't resolve, so that the resource isn't registered.
 * @throws RunError that names the property and the remedy.
 */
export function refuseForeignValues(resource: string, args: unknown): Promise<void> {
  const awaited: Promise<unknown>[] = [];
  refuseWithin(args, "");
  return Promise.all(awaited).then(() => undefined);

  function refuseWithin(value: unknown, path: string, around: readonly unknown[] = []): void {
    const problem = around.includes(value)
      ? "contains itself; give an object without a circle"
      : problemOf(value, path);
    if (problem !== undefined) refuse(resource, path || "its arguments", problem);
    if (typeof value !== "object" || value === null || pulumi.Resource.isInstance(value)) return;
    if (pulumi.Output.isInstance(value) || value instanceof Promise) return void awaited.push(refuseLater(value, path));
    for (const [key, item] of Object.entries(value)) {
      if (loneSurrogate.test(key)) refuse(resource, path || "its arguments", `the key ${JSON.stringify(key)} ${half}`);
      refuseWithin(item, Array.isArray(value) ? `${path}[${key}]` : path ? `${path}.${key}` : key, [...around, value]);
    }
  }

  async function refuseLater(value: unknown, path: string): Promise<void> {
    const resolved = await resolvedOf(value);
    try {
      refuseWithin(resolved, path);
    } catch (error) {
      // Without a handler, the rejection ends the program with this message.
      void Promise.reject(error instanceof Error ? error : new Error(String(error)));
      await new Promise(() => undefined);
    }
  }
}

/**
 * Refuses options of the engine that can't work for a resource of this package, whose errors wouldn't say so.
 * @throws RunError that names the option and the remedy.
 */
export function refuseOptions(resource: string, { import: id, provider }: pulumi.CustomResourceOptions = {}): void {
  if (id !== undefined)
    refuse(
      resource,
      "the option `import`",
      "the engine can't import dynamic resources; leave it out; a Vnic with `adopt: true` takes over an existing record",
    );
  if (provider !== undefined)
    refuse(
      resource,
      "the option `provider`",
      "no provider of another package can make it; leave it out; the argument `cluster` selects a cluster",
    );
}

/** @throws RunError, of which the engine prints only the message. */
function refuse(resource: string, property: string, problem: string): never {
  throw new pulumi.RunError(`${resource}: ${property}: ${problem}`);
}

/** Whether a value is a Network of this package, which is a valid argument. */
function isNetwork(value: object): boolean {
  return (
    pulumi.Resource.isInstance(value) &&
    (value as { __pulumiType?: string }).__pulumiType === "pulumi-nodejs:dynamic/vnic:Network"
  );
}

/** The value of an output or promise; undefined if it isn't known yet, or fails, which also makes the resource fail. */
async function resolvedOf(value: unknown): Promise<unknown> {
  if (value instanceof Promise) return value.catch(() => undefined) as Promise<unknown>;
  // Not declared in the SDK's types.
  const output = pulumi.output(value) as unknown as { promise: () => Promise<unknown> };
  return output.promise().catch(() => undefined);
}

/** Half a pair alone; the flag `u` takes a whole pair for one character. */
const loneSurrogate = /\p{Surrogate}/u;

/** The end of the message about a text that can't be sent in UTF-8. */
const half = "has half of a surrogate pair, which is no character; remove it";

function problemOf(value: unknown, path: string): string | undefined {
  if (typeof value === "string")
    return loneSurrogate.test(value) ? `${JSON.stringify(value.slice(0, 60))} ${half}` : undefined;
  if (typeof value === "function") return "a function is no value; call it, and give its result";
  if (typeof value === "symbol") return "a symbol is no value; give a text";
  if (typeof value === "bigint") return "a BigInt is no number here; give Number(value)";
  if (typeof value === "number" && !Number.isFinite(value)) return `${value} is not a number that has a value`;
  if (typeof value !== "object" || value === null) return undefined;
  if (pulumi.Resource.isInstance(value))
    return isNetwork(value) && /(^|\.)network$/.test(path)
      ? undefined
      : "a resource is no value; give one of its outputs";
  const kind = Object.prototype.toString.call(value).slice("[object ".length, -1);
  if (["Object", "Array", "Module", "Promise"].includes(kind)) return undefined;
  return `an object of the class ${kind} is no data; ${remedies[kind] ?? "give texts, numbers, booleans, lists and plain objects"}`;
}
