/**
 * The only variables that we use of the DHCP client's environment at an event, with the longest value accepted. A DHCP
 * option has at most 255 bytes.
 */
export const takenVariables = {
  ip: 64,
  subnet: 64,
  serverid: 64,
  lease: 64,
  router: 1024,
  staticroutes: 4096,
} as const;
