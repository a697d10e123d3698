/** The exit codes of the command line, as `--help` and the documentation list them. */
export const exitCodes = {
  /** Done, and nothing is wrong. */
  done: 0,
  /** It could not be done; stderr says why. */
  failed: 1,
  /** The command line has a mistake; nothing was done. */
  usage: 2,
  /** Done, and something needs attention: `doctor` names a fault, `uninstall` finds records. */
  attention: 3,
} as const;
