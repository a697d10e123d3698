import * as pulumi from "@pulumi/pulumi";

/** A resource as a program registers it with the engine. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/** Replaces the engine for this process: every resource succeeds with its inputs as outputs, and is added to the list. */
export async function recordRegistrations(): Promise<Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs: inputs as Record<string, unknown> });
        return { id: `${name}-id`, state: inputs as Record<string, unknown> };
      },
      call: () => ({}),
    },
    "shop",
    "dev",
    false,
  );
  return registered;
}
