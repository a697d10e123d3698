import * as client from "@kubernetes/client-node";
import { expect } from "chai";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Connection } from "../../../provider/cluster/connection.ts";
import { kubeconfig } from "../../fakes/kubeconfig.ts";

const server = "https://10.0.0.1:6443";

describe("the connection to an API server", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "vnic-test-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  async function authorization(connection: Connection): Promise<string | undefined> {
    const context = new client.RequestContext(server, client.HttpMethod.GET);
    await connection.applySecurityAuthentication(context);
    return context.getHeaders()["Authorization"];
  }

  it("runs a credential plugin once for many concurrent requests, and again after a renewal", async () => {
    const runs = join(folder, "runs");
    const plugin = join(folder, "plugin");
    const credential = `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t-$n"}}`;
    writeFileSync(plugin, `#!/bin/sh\necho x >> ${runs}; n=$(grep -c x ${runs}); cat <<-END\n${credential}\nEND\n`);
    chmodSync(plugin, 0o755);
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: plugin };
    const text = kubeconfig({ server }).replace(`"token": "not-a-secret"`, `"exec": ${JSON.stringify(exec)}`);
    const connection = new Connection(client, { kubeconfig: text });

    const first = await Promise.all(Array.from({ length: 20 }, () => authorization(connection)));
    expect(new Set(first)).to.deep.equal(new Set(["Bearer t-1"]));
    expect(readFileSync(runs, "utf8")).to.equal("x\n");
    connection.renew(connection.current);
    expect(await authorization(connection)).to.equal("Bearer t-2");
  });

  it("reads the kubeconfig again after a renewal, once for all requests that failed in the same way", async () => {
    const path = join(folder, "kubeconfig");
    writeFileSync(path, kubeconfig({ server }));
    const connection = new Connection(client, { kubeconfig: path });
    expect(await authorization(connection)).to.equal("Bearer not-a-secret");
    writeFileSync(path, kubeconfig({ server }).replace("not-a-secret", "renewed"));
    const used = connection.current;
    connection.renew(used);
    expect(await authorization(connection)).to.equal("Bearer renewed");
    const current = connection.current;
    connection.renew(used);
    expect(connection.current).to.equal(current);
  });
});
