import { isDeepStrictEqual } from "node:util";

/*
 * Generates a Helm template for an object by comparing its renderings with different values of each option. Text that
 * never changes is copied; where an option changes something, that option's form is inserted. A change that no form
 * explains is an error.
 */

export type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

/** One form in which an option's value appears in objects. */
export interface Form {
  /** Renders the option's value as it appears in the object; `undefined` if the key is absent. */
  readonly of: (value: Json) => Json;
  /** The template text for it, which renders to JSON. */
  readonly text: string;
  /** The Helm condition under which the form appears. @default always */
  readonly when?: string;
}

/** A text within strings that is replaced by template text. */
export interface Substitute {
  readonly of: string;
  readonly text: string;
}

export interface Option {
  readonly base: Json;
  readonly probe: Json;
  readonly forms: readonly Form[];
}

/** A value as rendered with the base options, and with each option's other value, in the order of the options. */
export interface Shapes {
  readonly base: Json;
  readonly probes: readonly Json[];
}

export class Templates {
  private readonly options: readonly Option[];
  private readonly substitutes: readonly Substitute[];
  private readonly defines: string[] = [];

  constructor(options: readonly Option[], substitutes: readonly Substitute[]) {
    this.options = options;
    this.substitutes = substitutes;
  }

  /** Renders one object under a Helm condition: YAML in flow style, preceded by its helpers. */
  object(name: string, shapes: Shapes, when: string): string {
    this.defines.length = 0;
    const text = this.value(shapes, "", name);
    const own = `vnic.object.${name}`;
    return [
      ...this.defines,
      `{{- define ${JSON.stringify(own)} -}}`,
      text,
      "{{- end }}",
      `{{- if ${when} }}`,
      `{{ include "vnic.described" (list . ${JSON.stringify(own)}) }}`,
      "{{- end }}",
      "",
    ].join("\n");
  }

  private value(shapes: Shapes, indent: string, place: string): string {
    const { base, probes } = shapes;
    const changing = this.options.filter((_, index) => !isDeepStrictEqual(base, probes[index]));
    if (typeof base === "string" && isCel(base)) return this.cel(shapes, indent, place);
    if (changing.length === 0) return this.constant(base, indent, place);
    const form = this.formOf(shapes, changing);
    if (form) return form.text;
    if (Array.isArray(base) && probes.every((one) => Array.isArray(one) && one.length === base.length))
      return bracketed("[]", indent, this.items(base, probes, indent, place));
    if (isMap(base) && probes.every(isMap)) return bracketed("{}", indent, this.entries(base, probes, indent, place));
    throw new Error(
      `${place}: no form of an option makes it ${JSON.stringify(probes.find((one) => !isDeepStrictEqual(one, base)))}`,
    );
  }

  private items(base: readonly Json[], probes: readonly Json[], indent: string, place: string): string[] {
    return base.map((item, index) => {
      const others = probes.map((one) => (one as readonly Json[])[index]);
      return `${this.value({ base: item, probes: others }, `${indent}  `, `${place}[${index}]`)},`;
    });
  }

  private entries(base: Map, probes: readonly Map[], indent: string, place: string): string[] {
    const keys = [...new Set([base, ...probes].flatMap(Object.keys))];
    return keys.map((key) => {
      const shapes = { base: base[key], probes: probes.map((one) => one[key]) };
      const text = this.value(shapes, `${indent}  `, `${place}.${key}`);
      const changing = this.options.filter((_, index) => !isDeepStrictEqual(shapes.base, shapes.probes[index]));
      const when = this.formOf(shapes, changing)?.when;
      const entry = `${JSON.stringify(key)}: ${text},`;
      return when === undefined ? entry : `{{- if ${when} }}\n${indent}  ${entry}\n${indent}  {{- end }}`;
    });
  }

  /** Finds the form that explains all changes that an option makes. */
  private formOf({ base, probes }: Shapes, changing: readonly Option[]): Form | undefined {
    const [option] = changing;
    if (changing.length !== 1 || !option) return undefined;
    const probe = probes[this.options.indexOf(option)];
    return option.forms.find(
      ({ of }) => isDeepStrictEqual(of(option.base), base) && isDeepStrictEqual(of(option.probe), probe),
    );
  }

  private constant(value: Json, indent: string, place: string): string {
    if (typeof value === "string") return this.string(value);
    if (Array.isArray(value)) {
      const items = (value as readonly Json[]).map(
        (item, index) => `${this.constant(item, `${indent}  `, `${place}[${index}]`)},`,
      );
      return bracketed("[]", indent, items);
    }
    if (!isMap(value)) return JSON.stringify(value);
    const entries = Object.entries(value).map(
      ([key, item]) => `${JSON.stringify(key)}: ${this.constant(item, `${indent}  `, `${place}.${key}`)},`,
    );
    return bracketed("{}", indent, entries);
  }

  /** Renders a string: a constant, or constants joined with template texts. */
  private string(value: string): string {
    const parts = split(value, this.substitutes);
    if (parts.length === 1 && typeof parts[0] === "string" && !value.includes("{{")) return JSON.stringify(value);
    const words = parts.map((part) => (typeof part === "string" ? JSON.stringify(part) : `(${part.text})`));
    return `{{ list ${words.join(" ")} | join "" | toJson }}`;
  }

  /** Renders a CEL literal that contains data: one helper for the data, another for the literal. */
  private cel({ base, probes }: Shapes, indent: string, place: string): string {
    const name = `vnic.data.${place}`;
    const data = { base: fromCel(base as string), probes: probes.map((one) => fromCel(one as string)) };
    this.defines.push(`{{- define ${JSON.stringify(name)} -}}\n${this.value(data, indent, place)}\n{{- end }}`);
    return `{{ include "vnic.cel" (include ${JSON.stringify(name)} . | fromYamlArray) | toJson }}`;
  }
}

type Map = Readonly<Record<string, Json>>;

function isMap(value: Json): value is Map {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bracketed([open = "", close = ""]: string, indent: string, lines: readonly string[]): string {
  if (lines.length === 0) return open + close;
  return `${open}\n${lines.map((line) => `${indent}  ${line}\n`).join("")}${indent}${close}`;
}

function split(value: string, substitutes: readonly Substitute[]): (string | Substitute)[] {
  let parts: (string | Substitute)[] = [value];
  for (const substitute of substitutes)
    parts = parts.flatMap((part) =>
      typeof part === "string"
        ? part.split(substitute.of).flatMap((text, index) => (index === 0 ? [text] : [substitute, text]))
        : [part],
    );
  return parts.filter((part) => part !== "");
}

function isCel(text: string): boolean {
  return text.startsWith("[dyn(");
}

/** Extracts the data from a CEL literal that `pod-match.ts` wrote: JSON with each item in `dyn(…)`. */
function fromCel(text: string): Json {
  return JSON.parse(text.replace(/("(?:[^"\\]|\\.)*")|dyn\(|\)/g, (_, string?: string) => string ?? "")) as Json;
}
