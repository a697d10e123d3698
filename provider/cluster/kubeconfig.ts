import { existsSync } from "node:fs";
import type { KubeConfig } from "@kubernetes/client-node";
import { VnicError } from "../base/errors.ts";

/** How the cluster is reached. */
export interface Access {
  /** A kubeconfig's text, or the path of one. Default: `KUBECONFIG`, then `~/.kube/config`, then the pod's own service account. */
  readonly kubeconfig?: string;
  /** Which of its contexts. Default: its current one. */
  readonly context?: string;
}

type Client = typeof import("./client.ts");

export function loadKubeConfig(client: Client, { kubeconfig, context }: Access): KubeConfig {
  const config = new client.KubeConfig();
  if (kubeconfig === undefined) config.loadFromDefault();
  else if (/^\s*\{|\n/.test(kubeconfig)) config.loadFromString(kubeconfig);
  else if (existsSync(kubeconfig)) config.loadFromFile(kubeconfig);
  else
    throw new VnicError(
      "invalid",
      `kubeconfig ${JSON.stringify(kubeconfig)} is neither a file nor the text of one; correct vnic:kubeconfig`,
    );
  if (context !== undefined) {
    if (!config.getContextObject(context))
      throw new VnicError(
        "invalid",
        `context ${JSON.stringify(context)} is not in the kubeconfig; it has ${config
          .getContexts()
          .map(({ name }) => name)
          .join(", ")}`,
      );
    config.setCurrentContext(context);
  }
  // What the client falls back to when it finds nothing, which no cluster of today answers at.
  const { server } = config.getCurrentCluster() ?? {};
  if (server === undefined || server === "http://localhost:8080")
    throw new VnicError(
      "invalid",
      "no cluster is configured; set the environment's KUBECONFIG or the stack's vnic:kubeconfig",
    );
  return config;
}
