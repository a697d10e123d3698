/* Kubernetes quantities (apimachinery, resource.Quantity), except those with a fraction or an exponent. */

const form = /^([1-9]\d{0,14}|0)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/;

/**
 * Whether the API server stores a quantity unchanged. It rewrites others, such as "1000m" to "1" and "1024Mi" to
 * "1Gi", so that the stored pod would differ from the template.
 */
export function isCanonicalQuantity(text: string): boolean {
  const [, digits, suffix = ""] = form.exec(text) ?? [];
  if (digits === undefined) return false;
  if (digits === "0") return suffix === "";
  return Number(digits) % (suffix.endsWith("i") ? 1024 : 1000) !== 0;
}
