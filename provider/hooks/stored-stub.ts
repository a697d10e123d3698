/** What the engine adds to inputs and outputs: the stub's text, which must come back with the outputs of a failure. */
export interface Carried {
  readonly __provider?: string;
}

/** Whether the stub in state has another protocol than this package's; only an update replaces it. */
export function hasOlderStub({ __provider }: Carried, protocol: number): boolean {
  return __provider !== undefined && !__provider.includes(`protocol: ${protocol}`);
}
