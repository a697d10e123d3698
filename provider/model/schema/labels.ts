import { quote } from "../../base/quote.ts";
import { group, labels as ourLabels } from "../names.ts";
import { map, maxItems, maxLength, text } from "./bounds.ts";

const labelKey = text(maxLength.labelKey, "a label key").regex(
  /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
  {
    error: ({ input }) => `${quote(input)} is not a label key: use letters, digits, "-", "_" and "."`,
  },
);
const labelValue = text(maxLength.labelValue, "a label value").regex(
  /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/,
  {
    error: ({ input }) => `${quote(input)} is not a label value: use at most 63 letters, digits, "-", "_" and "."`,
  },
);
// In CEL, because the keys of a map have no schema.
const keyLength = {
  rule: `self.all(key, size(key) <= ${maxLength.labelKey})`,
  message: `has a key that is longer than ${maxLength.labelKey} characters`,
};

/** Labels as Kubernetes accepts them: keys with an optional prefix, values of at most 63 characters. */
export const labels = map(labelKey, labelValue, maxItems.labels, [keyLength]);

const reservedPrefixes = [`${group}/`, ourLabels.address];

/** Labels for a record of ours, without the keys by which drivers decide. */
export const recordLabels = map(
  labelKey.refine((key) => !reservedPrefixes.some((prefix) => key.startsWith(prefix)), {
    error: ({ input }) => `${quote(input)} is reserved for drivers; choose a key without ${group}`,
  }),
  labelValue,
  maxItems.labels,
  [
    keyLength,
    {
      rule: `!self.exists(key, ${reservedPrefixes.map((prefix) => `key.startsWith('${prefix}')`).join(" || ")})`,
      message: `has a key of ${group}, which is reserved for drivers; choose another`,
    },
  ],
);
