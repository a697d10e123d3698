/** Runs a long step, and logs its start and duration to stderr. */
export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  process.stderr.write(`» ${what} ...\n`);
  const result = await work();
  process.stderr.write(`  ${what}: ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  return result;
}
