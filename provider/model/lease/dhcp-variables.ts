/**
 * Of the DHCP client's environment at an event, all that anything is made of; whatever else the server sent ends there. By
 * the longest value that one may have: an option is at most 255 bytes.
 */
export const takenVariables = {
  ip: 64,
  subnet: 64,
  serverid: 64,
  lease: 64,
  router: 1024,
  staticroutes: 4096,
} as const;
