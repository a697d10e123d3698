import { X509Certificate } from "node:crypto";
import tls from "node:tls";
import { expect } from "chai";
import { acceptIpv6Certificates } from "../../../provider/cluster/server-identity.ts";

/** A self-signed certificate for `kubernetes`, fd00::1 and 10.96.0.1. */
const pem = `
-----BEGIN CERTIFICATE-----
MIIBpDCCAUqgAwIBAgIUUb1eT+neG/IriFMUhfvepfRC+GgwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDYXBpMCAXDTI2MTEyOTAzMzcyMFoYDzIxMjYxMTA1MDMzNzIw
WjAOMQwwCgYDVQQDDANhcGkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQHBluG
xjJC8Zf5amM71irPgXdDtSLEpDMnI0l6BYT0NIw3JacPTyJsAUC8KEMiGh2jC5H6
j/WMv7uuy7R7teJ4o4GDMIGAMB0GA1UdDgQWBBSFXEAmzLQ8+qagCwWQpcPgfipC
6TAfBgNVHSMEGDAWgBSFXEAmzLQ8+qagCwWQpcPgfipC6TAPBgNVHRMBAf8EBTAD
AQH/MC0GA1UdEQQmMCSCCmt1YmVybmV0ZXOHEP0AAAAAAAAAAAAAAAAAAAGHBApg
AAEwCgYIKoZIzj0EAwIDSAAwRQIgV5qQcEhnsXcna8wHZog+b5JkGCdY1CRBO/6x
JwA/vN4CIQCmVObSLP7cw2f3j9ZJcWR11dbJOvQnhj+ZNBmXcNdeBg==
-----END CERTIFICATE-----
`;

describe("a server's certificate", () => {
  const certificate = new X509Certificate(pem).toLegacyObject();
  before(() => acceptIpv6Certificates());

  for (const host of ["fd00::1", "fd00:0:0::1", "10.96.0.1", "kubernetes"])
    it(`is accepted for ${host}, which it names`, () => {
      expect(tls.checkServerIdentity(host, certificate)).to.equal(undefined);
    });

  for (const host of ["fd00::2", "::1", "10.96.0.2", "kubernetes.default", "api"])
    it(`is refused for ${host}, which it doesn't name`, () => {
      expect(tls.checkServerIdentity(host, certificate)).to.have.property("code", "ERR_TLS_CERT_ALTNAME_INVALID");
    });
});
