/** Writes a log entry as one line of JSON, with the Vnic and the pod that it is about. */
export type Log = (
  level: "info" | "error",
  message: string,
  about?: Readonly<Record<string, string | number | undefined>>,
) => void;

export const log: Log = (level, message, about) => {
  process.stdout.write(`${JSON.stringify({ time: new Date(), level, message, ...about })}\n`);
};
