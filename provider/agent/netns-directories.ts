import { netnsDirectory } from "../model/kubernetes/runtime-layout.ts";

/** The directories with pods' network namespaces that the agent's DaemonSet mounts. */
export const netnsDirectories = (process.env.VNIC_NETNS_DIRECTORIES ?? netnsDirectory).split(":");
