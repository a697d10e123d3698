import { hostOf } from "../base/address.ts";
import { asJson } from "../base/quote.ts";
import { hostCidr } from "../model/schema/host-cidr.ts";
import { mac } from "../model/schema/fields.ts";

/*
 * Keeps the values of secret inputs out of messages. The engine passes them to the hooks in plain text, and doesn't
 * mask them in errors, progress and warnings.
 */

/** Paths of the secret inputs, which the SDK adds to inputs. They are kept in the outputs, for refresh and delete. */
export interface WithSecrets {
  readonly secretInputs?: readonly (readonly string[])[];
}

/** The text in place of a secret value, as the engine prints it. */
const hidden = "[secret]";

/** Returns a function that replaces the values of a resource's secret inputs in a text. */
export function hidingSecrets(properties: WithSecrets): (text: string) => string {
  const { secretInputs: paths = [] } = properties;
  const leaves = paths.flatMap((path) => leavesOf(path.reduce<unknown>(valueAt, properties), path.at(-1)));
  const forms = [...new Set(leaves.flatMap(formsOf))];
  if (forms.length === 0) return (text) => text;
  // Longer values first, because a value may be part of another one.
  const patterns = forms.sort((one, other) => other.length - one.length).map(patternOf);
  const pattern = new RegExp(`(?<![A-Za-z0-9])(?:${patterns.join("|")})(?![A-Za-z0-9])`, "gi");
  return (text) => text.replace(pattern, hidden);
}

/** Runs a hook of a resource; a secret value in its error is replaced. */
export async function withoutSecrets<Result>(properties: WithSecrets, hook: () => Promise<Result>): Promise<Result> {
  try {
    return await hook();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const hide = hidingSecrets(properties);
    error.message = hide(error.message);
    if (error.stack !== undefined) error.stack = hide(error.stack);
    const failure = error as { reasons?: unknown };
    if (Array.isArray(failure.reasons)) failure.reasons = failure.reasons.map((reason) => hide(String(reason)));
    throw error;
  }
}

/** The secret paths as a property, if there are any. */
export function secretsOf({ secretInputs }: WithSecrets): WithSecrets {
  return secretInputs === undefined ? {} : { secretInputs };
}

function valueAt(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

/** Inputs whose keys are chosen by the user, so that the keys may be secret as well as the values. */
const withOwnKeys = new Set(["labels", "selector", "nodes"]);

/** Returns the texts and numbers in the value of a key. Booleans are left out, because they reveal nothing. */
function leavesOf(value: unknown, of = ""): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [String(value)];
  if (typeof value !== "object" || value === null) return [];
  const within = Object.entries(value).flatMap(([key, item]) => leavesOf(item, key));
  return withOwnKeys.has(of) ? [...Object.keys(value), ...within] : within;
}

/** The forms in which a message may have a value: as given, in canonical form, without prefix length, or quoted. */
function formsOf(value: string): string[] {
  const address = hostCidr.safeParse(value).data;
  const host = address === undefined ? undefined : hostOf(address);
  const forms = [value, address, host, mac.safeParse(value).data, asJson(value).slice(1, -1)];
  return forms.filter((form) => form !== undefined && form !== "") as string[];
}

/** Messages cut long values, so of these only the beginning has to match. */
const maxCharacters = 40;

function patternOf(form: string): string {
  const start = form.slice(0, maxCharacters).replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  return form.length > maxCharacters ? `${start}[^"…\\n]*` : start;
}
