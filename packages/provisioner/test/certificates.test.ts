import type { Sandbox } from "@pixels/core";
import { describe, expect, test } from "vitest";
import { type CertificateAuthority, makeAuthority } from "./support/certificate-authority.ts";
import { createFor, openClient, readStates, run } from "./support/sandboxes.ts";

const PORT = 4433;

/** Which programs take the server that the CA vouches for: by the bundle, by OpenSSL's folder, and by the variables. */
async function whoTrusts(sandbox: Sandbox, { server }: CertificateAuthority): Promise<string> {
  await sandbox.files.write("/root/server.pem", server, { mode: 0o600, owner: { uid: 0, gid: 0 } });
  return await run(
    sandbox,
    `setsid openssl s_server -accept ${PORT} -cert /root/server.pem -key /root/server.pem -www >/dev/null 2>&1 &
     server=$!
     until curl -sk -o /dev/null https://localhost:${PORT}; do sleep 0.05; done
     ask() { name=$1; shift; "$@" >/dev/null 2>&1 </dev/null && echo "$name"; }
     url=https://localhost:${PORT}
     verify="openssl s_client -connect localhost:${PORT} -verify_return_error -verify_hostname localhost"
     ask bundle env -u SSL_CERT_FILE curl -s $url
     ask folder env -u SSL_CERT_FILE $verify
     ask variable env SSL_CERT_DIR=/nonexistent $verify
     su pixel -c "curl -s $url" >/dev/null 2>&1 && echo account
     kill $server`,
  );
}

describe("CAs of the configuration", () => {
  test("are trusted from the first start on, and so are those of a clone's own", async () => {
    const [first, second] = [await makeAuthority("Test  First CA"), await makeAuthority("Test Zweite Ä")];
    const sandbox = await createFor(openClient({ caCertificates: [first.pem] }), "certificates-first");
    const all = "bundle\nfolder\nvariable\naccount\n";
    expect(await whoTrusts(sandbox, first)).toBe(all);
    expect(await whoTrusts(sandbox, second)).toBe("");
    expect(await readStates(sandbox)).toMatchObject({ certificates: "done" });

    const client = openClient({ caCertificates: [`${second.pem}\n${first.pem}`] });
    const source = { kind: "sandbox", sandbox: sandbox.name } as const;
    const clone = await createFor(client, "certificates-second", { source });
    expect(await whoTrusts(clone, first)).toBe(all);
    expect(await whoTrusts(clone, second)).toBe(all);
    // the system's own program finds nothing to do, and keeps them when it does it all anew
    expect(await run(clone, "update-ca-certificates 2>&1 | grep added")).toContain("0 added");
    await run(clone, "update-ca-certificates --fresh >/dev/null 2>&1");
    expect(await whoTrusts(clone, second)).toBe(all);
  });

  test("are told to programs that keep stores of their own", async () => {
    const authority = await makeAuthority("Test Hooked CA");
    const client = openClient({ caCertificates: [authority.pem] }, (prepare) => ({
      ...prepare,
      async identify(sandbox, request, options) {
        const hook = "#!/bin/sh\ncat >/run/hooked\n";
        await sandbox.files.write("/etc/ca-certificates/update.d/store", hook, {
          mode: 0o755,
          owner: { uid: 0, gid: 0 },
        });
        await prepare.identify(sandbox, request, options);
      },
    }));
    const sandbox = await createFor(client, "certificates-hooked");
    expect(await run(sandbox, "ls /run/hooked")).toBe("/run/hooked\n");
    expect(await whoTrusts(sandbox, authority)).toContain("folder\n");
  });

  test("that the image knows already are not written once more", async () => {
    const plain = await createFor(openClient(), "certificates-known");
    const known = await plain.files.readText("/etc/ssl/certs/ca-certificates.crt");
    const sandbox = await createFor(openClient({ caCertificates: [known] }), "certificates-known-2");
    expect(await run(sandbox, "ls /usr/local/share/ca-certificates")).toBe("");
    expect(await sandbox.files.readText("/etc/ssl/certs/ca-certificates.crt")).toBe(known);
  });
});
