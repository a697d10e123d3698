/**
 * The objects of the demo on the lab. They stay there, so tests and benchmarks use other names and addresses, and the
 * leak check ignores the Vnics of this namespace.
 */
export const demo = { namespace: "shop", pod: "db-0", address: "192.168.50.240" } as const;
