/** Writes one line of JSON for each thing that happened, with the Vnic and the pod that it happened to. */
export type Log = (
  level: "info" | "error",
  message: string,
  about?: Readonly<Record<string, string | number | undefined>>,
) => void;

export const log: Log = (level, message, about) => {
  process.stdout.write(`${JSON.stringify({ time: new Date(), level, message, ...about })}\n`);
};
