import * as client from "@kubernetes/client-node";
import { expect } from "chai";
import { inspect } from "node:util";
import { Connection } from "../../../provider/cluster/connection.ts";
import { kubeconfig } from "../../fakes/kubeconfig.ts";

const secret = "s3cret-t0ken";
const server = "https://10.0.0.1:6443";

const withServer = (text: string) => kubeconfig({ server: text });
const withUser = (user: object) =>
  kubeconfig({ server }).replace(`"token": "not-a-secret"`, JSON.stringify(user).slice(1, -1));
const withPlugin = (script: string) =>
  withUser({ exec: { apiVersion: "client.authentication.k8s.io/v1", command: "sh", args: ["-c", script] } });
const withProvider = (name: string, config: object) => withUser({ "auth-provider": { name, config } });

/** The errors of a kubeconfig whose connection is opened, and used for a request and a stream. */
async function errorsOf(text: string): Promise<Error[]> {
  const caught = (error: unknown) => [error as Error];
  let connection: Connection;
  try {
    connection = new Connection(client, { kubeconfig: text });
  } catch (error) {
    return caught(error);
  }
  const request = new client.RequestContext(server, client.HttpMethod.GET);
  const all = [
    connection.applySecurityAuthentication(request).then(() => [], caught),
    connection.applyToSocket({}).then(() => [], caught),
  ];
  return (await Promise.all(all)).flat();
}

describe("an error about unusable credentials names the key, and quotes neither the kubeconfig nor a program's output, for", () => {
  const wrong: [what: string, text: string, words: RegExp][] = [
    [
      "a password in the server's URL",
      withServer(`https://admin:${secret}@10.0.0.1:6443`),
      /^clusters\["test"\]\.cluster\.server: has a user name or a password in it/,
    ],
    ["a token in place of a server", withServer(secret), /^clusters\["test"\]\.cluster\.server: is not a URL/],
    [
      "a token in the server's query",
      withServer(`https://10.0.0.1:6443/?token=${secret}`),
      /\.cluster\.server: has a part after "\?" or "#"/,
    ],
    ["a token in the server's fragment", withServer(`https://10.0.0.1:6443/#${secret}`), /\.server: has a part after/],
    [
      "a certificate in place of its path",
      withUser({ "client-certificate": secret, "client-key": "/none" }),
      /^users\["test"\]\.user\.client-certificate: the file can't be read \(ENOENT\); give its path here, or its content in base64 as users\["test"\]\.user\.client-certificate-data/,
    ],
    [
      "a key in place of its path",
      withUser({ "client-certificate": import.meta.filename, "client-key": `-----BEGIN PRIVATE KEY-----\n${secret}` }),
      /^users\["test"\]\.user\.client-key: the file can't be read \(ENOENT\)/,
    ],
    [
      "a key in place of its path that is longer than a path may be",
      withUser({ "client-certificate": import.meta.filename, "client-key": secret.repeat(500) }),
      /\.user\.client-key: the file can't be read \(ENAMETOOLONG\)/,
    ],
    [
      "an authority in place of its path",
      withServer(server).replace('"server"', `"certificate-authority": "${secret}", "server"`),
      /^clusters\["test"\]\.cluster\.certificate-authority: the file can't be read \(ENOENT\)/,
    ],
    [
      "a folder in place of a file",
      withUser({ "client-certificate": "/etc", "client-key": "/none" }),
      /^users\["test"\]\.user\.client-certificate: the file can't be read \(EISDIR\)/,
    ],
    [
      "a token in place of its path",
      withUser({ tokenFile: secret }),
      /^users\["test"\]\.user\.tokenFile: the file can't be read \(ENOENT\); give its path here;/,
    ],
    [
      "a token in place of its path that is longer than a path may be",
      withUser({ tokenFile: secret.repeat(500) }),
      /\.user\.tokenFile: the file can't be read \(ENAMETOOLONG\)/,
    ],
    ...[secret, `http://admin:${secret}@`, `socks5://admin:${secret}@`, `socks9://admin:${secret}@127.0.0.1:99999`].map(
      (url): [string, string, RegExp] => [
        `a proxy's URL that is none: ${url}`,
        withServer(server).replace('"server"', `"proxy-url": "${url}", "server"`),
        /^users\["test"\]\.user: the credentials can't be used/,
      ],
    ),
    [
      "a number in place of a file's path",
      withServer(server).replace('"server"', '"certificate-authority": 0, "server"'),
      /^clusters\["test"\]\.cluster\.certificate-authority: is not text; write it in quotes/,
    ],
    [
      "a number in place of a token's file",
      withUser({ tokenFile: 0 }),
      /^users\["test"\]\.user\.tokenFile: is not text; write it in quotes/,
    ],
    [
      "a list in place of a user's name",
      withUser({ token: "t", as: [secret] }),
      /^users\["test"\]\.user\.as: is not text/,
    ],
    ["an unknown scheme", withServer(`${secret}://10.0.0.1`), /\.cluster\.server: is not a URL/],
    ["a token of two lines", withUser({ token: `${secret}\nx` }), /^users\["test"\]\.user: the token has a character/],
    [
      "a plugin that doesn't print JSON",
      withPlugin(`echo token=${secret}`),
      /^users\["test"\]\.user\.exec: it gives no credentials/,
    ],
    [
      "a plugin that prints another object",
      withPlugin(`echo '{"a":"${secret}"}'`),
      /\.user\.exec: it gives no credentials/,
    ],
    [
      "a plugin that fails with a message",
      withPlugin(`echo ${secret} >&2; exit 1`),
      /\.user\.exec: it gives no credentials/,
    ],
    [
      "a plugin that doesn't exist",
      withUser({ exec: { apiVersion: "client.authentication.k8s.io/v1", command: `/none/${secret}` } }),
      /\.user\.exec: it gives no credentials \(ENOENT\); run it by itself/,
    ],
    [
      "an identity provider without a URL",
      withProvider("oidc", { "id-token": secret, "refresh-token": secret, "idp-issuer-url": secret, "client-id": "a" }),
      /\.user\.auth-provider: it gives no credentials/,
    ],
  ];
  for (const [what, text, words] of wrong)
    it(what, async () => {
      const errors = await errorsOf(text);
      expect(errors).to.not.deep.equal([]);
      for (const error of errors) {
        expect(error.message)
          .to.match(words)
          .and.match(/correct the kubeconfig$/);
        expect(inspect(error, { depth: 9, showHidden: true })).to.not.include(secret);
      }
    });
});
