import { X509Certificate } from "node:crypto";
import { isIPv6 } from "node:net";
import tls from "node:tls";

const builtIn = tls.checkServerIdentity;

/**
 * Makes this process accept certificates for IPv6 addresses. Some releases of Node.js, such as 22.23.0, reject all of
 * them (https://github.com/nodejs/node/issues/64032), so that a cluster whose API has an IPv6 address can't be used.
 * Only certificates that they reject are checked again, by OpenSSL.
 */
export function acceptIpv6Certificates(): void {
  if (builtIn("::1", { subject: {}, subjectaltname: "IP Address:::1" } as tls.PeerCertificate) !== undefined)
    tls.checkServerIdentity = checkServerIdentity;
}

function checkServerIdentity(host: string, certificate: tls.PeerCertificate): Error | undefined {
  const isCertified = isIPv6(host) && new X509Certificate(certificate.raw).checkIP(host) !== undefined;
  return isCertified ? undefined : builtIn(host, certificate);
}
