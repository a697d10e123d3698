import { group, systemNamespace } from "../names.ts";
import type { Manifest } from "../platform/manifest.ts";
import { type Finding, fault, installRemedy, ok, warning } from "./finding.ts";

/** The cluster's object for one of the manifests; undefined if it doesn't exist. */
export interface Installed {
  readonly wanted: Manifest;
  readonly found: object | undefined;
}

/** Examines CRDs, namespace, service accounts and policies. */
export function examineInstallation(objects: readonly Installed[], image: string): Finding[] {
  return objects.flatMap(({ wanted, found }) => {
    switch (wanted.kind) {
      case "CustomResourceDefinition":
        return examineCrd(wanted, found);
      case "Namespace":
        return examineNamespace(found);
      case "ValidatingAdmissionPolicy":
        return examinePolicy(wanted, found, image);
      case "ValidatingAdmissionPolicyBinding":
        return found || !hasPolicy(objects, wanted)
          ? []
          : [fault(subjectOf(wanted), "is missing, so its policy is never asked", installRemedy)];
      case "ServiceAccount":
        return [found ? ok(subjectOf(wanted), "is there") : fault(subjectOf(wanted), "is missing", installRemedy)];
      default:
        return [];
    }
  });
}

function hasPolicy(objects: readonly Installed[], { metadata }: Manifest): boolean {
  return objects.some(
    ({ wanted, found }) =>
      wanted.kind === "ValidatingAdmissionPolicy" && wanted.metadata.name === metadata.name && found !== undefined,
  );
}

function subjectOf({ kind, metadata: { name } }: Manifest): string {
  return `${kind} ${name}`;
}

function examineCrd(wanted: Manifest, found: object | undefined): Finding[] {
  const subject = subjectOf(wanted);
  if (!found) return [fault(subject, "is missing", installRemedy)];
  const { status } = found as { status?: { conditions?: { type: string; status: string; message?: string }[] } };
  const bad = status?.conditions?.find(({ type, status }) => type === "Established" && status !== "True");
  if (bad)
    return [
      fault(
        subject,
        `isn't established: ${bad.message ?? "no reason given"}`,
        `kubectl describe crd ${wanted.metadata.name}`,
      ),
    ];
  const missing = firstDifference(schemaOf(wanted), schemaOf(found));
  if (missing !== undefined)
    return [fault(subject, `comes from another version of pulumi-vnic: ${missing} differs`, installRemedy)];
  return [ok(subject, "is of this version")];
}

function schemaOf(crd: object): unknown {
  return (crd as { spec?: { versions?: { schema?: unknown }[] } }).spec?.versions?.[0]?.schema;
}

/**
 * The path of the first value in `wanted` that is missing or different in `found`. Additional values in `found` are
 * ignored.
 */
function firstDifference(wanted: unknown, found: unknown, path = "schema"): string | undefined {
  if (typeof wanted !== "object" || wanted === null) return wanted === found ? undefined : path;
  if (typeof found !== "object" || found === null) return path;
  if (Array.isArray(wanted) && wanted.length !== (found as unknown[]).length) return path;
  for (const [key, value] of Object.entries(wanted)) {
    const difference = firstDifference(value, (found as Record<string, unknown>)[key], `${path}.${key}`);
    if (difference !== undefined) return difference.replace("schema.openAPIV3Schema.properties.", "");
  }
  return undefined;
}

function examineNamespace(found: object | undefined): Finding[] {
  const subject = `namespace ${systemNamespace}`;
  if (!found) return [fault(subject, "is missing", installRemedy)];
  const { labels, deletionTimestamp } = (
    found as { metadata: { labels?: Record<string, string>; deletionTimestamp?: string } }
  ).metadata;
  if (deletionTimestamp !== undefined)
    return [fault(subject, "is being deleted", `wait for its end, then ${installRemedy}`)];
  const key = "pod-security.kubernetes.io/enforce";
  const level = labels?.[key];
  // Without the label the cluster's default applies, which is privileged unless an administrator has changed it.
  if (level === "privileged") return [ok(subject, "has Pod Security level privileged")];
  const remedy = `kubectl label namespace ${systemNamespace} ${key}=privileged --overwrite`;
  return level === undefined
    ? [warning(subject, "has no Pod Security level, so the cluster's default applies", remedy)]
    : [fault(subject, `has Pod Security level ${level}, which refuses injection Jobs`, remedy)];
}

function examinePolicy(wanted: Manifest, found: object | undefined, image: string): Finding[] {
  const subject = `policy ${wanted.metadata.name}`;
  const guardsPods = wanted.metadata.name === `own-pods-only.${group}`;
  if (!found) {
    const harm = guardsPods ? ": everyone who may create Jobs there can become root on the nodes" : "";
    return [warning(subject, `is missing${harm}`, installRemedy)];
  }
  if (guardsPods && !JSON.stringify(found).includes(image))
    return [
      fault(
        subject,
        `doesn't allow image ${image}`,
        `npx pulumi-vnic manifests --image ${image} | kubectl apply --server-side -f -, or set vnic:image to the image that it allows`,
      ),
    ];
  return [ok(subject, "is there")];
}
