/** Of the DHCP client's environment at an event, all that anything is made of; whatever else the server sent ends there. */
export const takenVariables = ["ip", "subnet", "serverid", "lease"] as const;
