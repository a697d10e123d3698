import { netnsDirectory } from "../model/kubernetes/runtime-layout.ts";

/** The directories with network namespaces of pods that the agent's DaemonSet mounts. */
export const netnsDirectories = (process.env.VNIC_NETNS_DIRECTORIES ?? netnsDirectory).split(":");
