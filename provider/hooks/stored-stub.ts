import { minStubProtocol } from "../base/package.ts";

/** The provider text that the engine adds to inputs and outputs. It must be returned with the outputs of a failure. */
export interface WithStub {
  readonly __provider?: string;
}

/** Whether the stored provider text is older than what the hooks support. Only an update replaces it in the outputs. */
export function isStubOutdated({ __provider }: WithStub): boolean {
  if (__provider === undefined) return false;
  const [, protocol] = /protocol: (\d+)/.exec(__provider) ?? [];
  return protocol === undefined || Number(protocol) < minStubProtocol;
}
