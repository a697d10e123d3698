/**
 * What the demo makes on the lab. It stays there, so tests and benchmarks use other names and addresses, and their leak
 * check ignores the Vnics of this namespace.
 */
export const demo = { namespace: "shop", pod: "db-0", address: "192.168.50.240" } as const;
