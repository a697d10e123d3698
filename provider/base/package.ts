/** This package's version. A test compares it with `package.json`. */
export const packageVersion = "0.1.0";

/** The least protocol number of a stored provider text that the hooks serve. What an older text stored is renewed by an update. */
export const leastStubProtocol = 1;

/** The least Node.js that the Kubernetes client loads on. */
export const leastNode = [22, 19] as const;

/** The node side as an image. Put it on the nodes, or in your registry and name it by `vnic:image`. */
export const defaultImage = `localhost/pulumi-vnic-node:${packageVersion}`;
