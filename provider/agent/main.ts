import { openCluster } from "../cluster/kube-cluster.ts";
import { messageOf } from "../base/errors.ts";
import { runAgent } from "./agent.ts";

/* The program of the node agent's DaemonSet: the agent with the API server as it is reached from a pod. */

openCluster({})
  .then(runAgent)
  .catch((error: unknown) => {
    console.error(messageOf(error));
    process.exit(1);
  });
