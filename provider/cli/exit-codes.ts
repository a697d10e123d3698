/** Exit codes, as `--help` and the documentation list them. */
export const exitCodes = {
  /** Done, and no problem was found. */
  done: 0,
  /** Failed; stderr says why. */
  failed: 1,
  /** The command line has a mistake; nothing was done. */
  usage: 2,
  /** Done, but something needs attention: `doctor` found a fault, or `uninstall` found records. */
  attention: 3,
} as const;
