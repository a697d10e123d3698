import { readFile } from "node:fs/promises";
import { providerKubeconfig } from "../cluster.ts";
import type { ApiServer } from "./server.ts";

/** The text of a kubeconfig of the provider's account, and the token in it. */
export interface ProviderCredentials {
  readonly kubeconfig: string;
  readonly token: string;
}

/** Makes credentials of the provider's account with a new token. */
export async function makeCredentials(api: ApiServer): Promise<ProviderCredentials> {
  const kubeconfig = await readFile(await providerKubeconfig(api.kubectl), "utf8");
  const { users } = JSON.parse(kubeconfig) as { users: [{ user: { token: string } }] };
  return { kubeconfig, token: users[0].user.token };
}
