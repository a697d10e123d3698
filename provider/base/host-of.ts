/** The address of a CIDR text like `192.168.50.10/24`, without the prefix length. A text without one is returned as it is. */
export function hostOf(cidr: string): string {
  return cidr.split("/")[0] ?? cidr;
}
