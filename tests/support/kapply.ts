import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { group } from "../../provider/model/names.ts";
import type { Lab } from "../lab/index.ts";
import { ensureKapply } from "../lab/programs.ts";
import { must } from "../lab/run.ts";
import { applyObjects } from "./cluster.ts";

/**
 * The status of a Vnic or VnicSet according to kstatus: `InProgress`, `Current`, `Failed`, `Terminating` or `NotFound`.
 * kapply reads from a ConfigMap, which a folder describes, which objects to show.
 */
export async function askKstatus(
  { kubectl, kubeconfig }: Pick<Lab, "kubectl" | "kubeconfig">,
  kind: "Vnic" | "VnicSet",
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<string> {
  const inventory = `${kind}-${name}`.toLowerCase();
  const list = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace, name: inventory, labels: { "cli-utils.sigs.k8s.io/inventory-id": inventory } },
    data: { [`${namespace}_${name}_${group}_${kind}`]: "" },
  };
  await applyObjects(kubectl, [list]);
  const folder = await mkdtemp(join(tmpdir(), "vnic-kapply-"));
  try {
    await writeFile(join(folder, "inventory.yaml"), JSON.stringify(list));
    const env = { ...process.env, KUBECONFIG: kubeconfig };
    const stdout = await must([await ensureKapply(), "status", folder], { env, timeoutSeconds: 300 });
    const status = / is (\w+):[^\n]*\n*$/.exec(stdout)?.[1];
    if (status === undefined) throw new Error(`kapply status: ${stdout}`);
    return status;
  } finally {
    await rm(folder, { recursive: true });
  }
}
