import { openCluster } from "../cluster/kube-cluster.ts";
import { messageOf } from "../base/errors.ts";
import { runAgent } from "./agent.ts";

/* Entry point of the node agent's DaemonSet; connects to the API server with the pod's service account. */

openCluster({})
  .then(runAgent)
  .catch((error: unknown) => {
    console.error(messageOf(error));
    process.exit(1);
  });
