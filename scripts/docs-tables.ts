/** Writes the tables of inputs and settings in `docs/` from the code: `npm run docs:tables`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import * as z from "zod";
import { networkResourceFields } from "../provider/model/network/fields.ts";
import { type Consequence, type Description, descriptions, type Fields } from "../provider/model/schema/field.ts";
import { formOf } from "../provider/model/schema/shown-as.ts";
import { setFields } from "../provider/model/vnic-set/fields.ts";
import { vnicFields } from "../provider/model/vnic/fields.ts";
import { performanceTables } from "./performance/tables.ts";
import { settingsTable } from "./settings-table.ts";

const root = join(import.meta.dirname, "..");

/** The pages with a table, and what makes it. */
export const pages: Readonly<Record<string, () => string>> = {
  "docs/vnic.md": () => tableOf(vnicFields),
  "docs/vnic-set.md": () => tableOf(setFields),
  "docs/network.md": () => tableOf(networkResourceFields),
  "docs/operations.md": settingsTable,
  "docs/performance.md": performanceTables,
};

const begin = "<!-- Written by npm run docs:tables. -->";
const end = "<!-- End of the table. -->";

/** Returns the text of a page with its table regenerated. */
export async function withTable(page: string): Promise<string> {
  const makeTable = pages[page];
  const path = join(root, page);
  const text = readFileSync(path, "utf8");
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (!makeTable || before === undefined || after === undefined) throw new Error(`${page} has no markers of a table`);
  const table = `${before}${begin}\n\n${makeTable()}\n\n${end}${after}`;
  return format(table, { ...(await resolveConfig(path)), filepath: path });
}

function tableOf(fields: Fields): string {
  const rows = Object.entries(fields)
    // `declaredBy` is set by the SDK, not by the user.
    .filter(([key]) => key !== "declaredBy")
    .flatMap(([key, field]) => {
      // A template's fields are those of a Vnic, which has its own page.
      const members = key === "template" ? [] : membersOf(field.schema, field.spec);
      return rowsOf(key, field, changeWords[field.change], members);
    });
  return ["| Property | Meaning | Default | A change |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

const changeWords: Record<Consequence, string> = { update: "in place", replace: "replaces", nothing: "nothing" };

function rowsOf(
  path: string,
  { doc, default: absent = "" }: Description,
  change: string,
  members: readonly Member[],
): string[] {
  return [
    `| \`${path}\` | ${doc} | ${absent} | ${change} |`,
    ...members.flatMap((member) => rowsOf(`${path}${member.path}`, member.description, change, member.members)),
  ];
}

/** A nested value: a field of an object, or of the objects in a list. */
interface Member {
  readonly path: string;
  readonly description: Description;
  readonly members: readonly Member[];
}

/** The members that a schema describes. If the inputs can have several forms, the members of the record's form. */
function membersOf(schema: z.ZodType, spec: boolean | z.ZodType): Member[] {
  const found = objectIn(schema) ?? (typeof spec === "boolean" ? undefined : objectIn(spec));
  if (!found) return [];
  const { shape, prefix } = found;
  return Object.entries(shape).flatMap(([key, member]) => {
    const description = descriptions.get(member);
    return description ? [{ path: `${prefix}.${key}`, description, members: membersOf(member, false) }] : [];
  });
}

function objectIn(schema: z.ZodType): { shape: Record<string, z.ZodType>; prefix: string } | undefined {
  const form = formOf(schema);
  if (form) return objectIn(form);
  if (schema instanceof z.ZodObject) return { shape: schema.shape, prefix: "" };
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return objectIn((schema as z.ZodOptional<z.ZodType>).unwrap());
  const found = schema instanceof z.ZodArray ? objectIn((schema as z.ZodArray<z.ZodType>).element) : undefined;
  return found && { ...found, prefix: `[]${found.prefix}` };
}

if (import.meta.main) for (const page of Object.keys(pages)) writeFileSync(join(root, page), await withTable(page));
