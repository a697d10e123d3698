import type { Command } from "commander";
import { Option } from "commander";
import { refuseOldNode } from "../base/node-version.ts";
import { defaultImage } from "../base/package.ts";
import type { Access } from "../cluster/kubeconfig.ts";

/** Options of every command that connects to a cluster. */
export interface AccessOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Adds the options that select a cluster, and refuses a Node.js that can't load the cluster's client. */
export function withAccess(command: Command): Command {
  return withAccessOptions(command).hook("preAction", () => refuseOldNode(process.versions.node));
}

/** Adds the options that select a cluster. */
export function withAccessOptions(command: Command): Command {
  return command
    .option("--kubeconfig <path>", "default: KUBECONFIG, then ~/.kube/config, then the pod's own account")
    .option("--context <name>", "a context of the kubeconfig (default: its current context)");
}

/** `--image`, for commands that open injection sessions. */
export function imageOption(): Option {
  return new Option("--image <image>", "the node image").env("VNIC_IMAGE").default(defaultImage);
}

/** Converts the options to the cluster client's options. */
export function accessOf({ kubeconfig, context }: AccessOptions): Access {
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
}
