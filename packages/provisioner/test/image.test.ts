import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPreparer, readProvisioning, summarize } from "../src/index.ts";
import { createFor, image, openClient, readStates, run, runAs } from "./support/sandboxes.ts";

let folder: string;
let key: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixels-provision-"));
  await promisify(execFile)("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "key")]);
  key = await readFile(join(folder, "key.pub"), "utf8");
});

afterAll(() => rm(folder, { recursive: true }));

describe("a sandbox from an image", () => {
  test("has a user that commands run as, with sudo, keys, variables and a profile", async () => {
    const client = openClient({ authorizedKeys: [key], env: { OF_ALL: "all", BOTH: "options" } });
    const sandbox = await createFor(client, "provision-whole", {
      env: { OF_THIS: 'this "one"', BOTH: "request" },
    });
    expect((await sandbox.info()).account).toBe("pixel");
    expect(await runAs(sandbox, "id; pwd; sudo -n id -u; getent passwd pixel")).toBe(
      "uid=1000(pixel) gid=1000(pixel) groups=1000(pixel)\n/home/pixel\n0\npixel:x:1000:1000::/home/pixel:/bin/bash\n",
    );
    expect(await runAs(sandbox, 'echo "$OF_ALL $BOTH $OF_THIS"')).toBe('all request this "one"\n');
    // by PAM, and by a login shell alone
    expect(await run(sandbox, `su pixel -c 'echo "$OF_ALL $BOTH $OF_THIS"'`)).toBe(
      'all request this "one"\n',
    );
    expect(
      await run(sandbox, `env -i HOME=/home/pixel OF_ALL=mine bash -lc 'echo "$OF_ALL $BOTH $OF_THIS"'`),
    ).toBe('mine request this "one"\n');
    expect(await run(sandbox, "su -l pixel -c 'echo $PATH'")).toContain(
      "/home/pixel/.local/bin:/home/pixel/.local/share/mise/shims:",
    );
    expect(await run(sandbox, "su -l pixel -c 'echo $ZMX_DIR; detach' 2>&1 || echo $?")).toBe(
      "/tmp/zmx-1000\ndetach: this shell is in no persistent session\n1\n",
    );
    expect(
      await run(
        sandbox,
        `stat -c '%n %a %U:%G' /root/.ssh /root/.ssh/authorized_keys /home/pixel/.ssh /home/pixel/.ssh/authorized_keys \\
           /etc/sudoers.d/pixels /etc/environment /var/lib/pixels /var/lib/pixels/provision /home/pixel/.bashrc`,
      ),
    ).toBe(`/root/.ssh 700 root:root
/root/.ssh/authorized_keys 600 root:root
/home/pixel/.ssh 700 pixel:pixel
/home/pixel/.ssh/authorized_keys 600 pixel:pixel
/etc/sudoers.d/pixels 440 root:root
/etc/environment 644 root:root
/var/lib/pixels 755 root:root
/var/lib/pixels/provision 700 root:root
/home/pixel/.bashrc 644 pixel:pixel
`);
    for (const home of ["/root", "/home/pixel"])
      expect(await run(sandbox, `grep -v '^#' ${home}/.ssh/authorized_keys`)).toBe(key);
    const provisioning = await readProvisioning(sandbox);
    expect(provisioning?.steps.map(({ id, state }) => `${id} ${state}`)).toEqual([
      "identity done",
      "resolver skipped",
      "environment done",
      "profile done",
      "account done",
      "packages done",
      "sudo done",
      "keys done",
      "certificates skipped",
      "sshd done",
    ]);
    expect(provisioning && summarize(provisioning)).toBe("done");
  });

  test("has host keys, a machine-id and a host name that no other has, and an sshd from the first start on", async () => {
    const client = openClient();
    const [one, two] = await Promise.all([
      createFor(client, "provision-one"),
      createFor(client, "provision-two"),
    ]);
    const facts = `cat /etc/machine-id; ssh-keyscan -t ed25519 127.0.0.1 2>/dev/null | cut -d ' ' -f 3; hostname`;
    const [ofOne, ofTwo] = [(await run(one, facts)).split("\n"), (await run(two, facts)).split("\n")];
    expect(ofOne).toHaveLength(4);
    for (const [index, fact] of ofOne.slice(0, 3).entries()) {
      expect(fact).not.toBe("");
      expect(fact).not.toBe(ofTwo[index]);
    }
    expect(ofOne[2]).toBe("px-provision-one");
    // made before the boot, so that nothing that was pinned when create was done is made anew
    const { stdout } = await one.exec(["systemctl", "show", "-p", "ConditionResult", "ssh-host-keys"]);
    expect(stdout).toBe("ConditionResult=no\n");
    const keys = await run(one, "cat /etc/ssh/ssh_host_*_key.pub");
    await one.stop();
    await one.start();
    expect(await run(one, "cat /etc/ssh/ssh_host_*_key.pub")).toBe(keys);
  });

  test("has an sshd that its image has switched off, from then on", async () => {
    const client = openClient({}, (prepare) => ({
      ...prepare,
      async identify(sandbox, request, options) {
        await sandbox.files.remove("/etc/systemd/system/multi-user.target.wants/ssh.service");
        await sandbox.files.symlink("/etc/systemd/system/ssh.service", "/dev/null");
        await prepare.identify(sandbox, request, options);
      },
    }));
    const sandbox = await createFor(client, "provision-masked");
    expect(await readStates(sandbox)).toMatchObject({ sshd: "done" });
    const look = "ssh-keyscan -t ed25519 127.0.0.1 2>/dev/null | wc -l; systemctl is-enabled ssh";
    expect(await run(sandbox, look)).toBe("1\nenabled\n");
    await sandbox.stop();
    await sandbox.start();
    expect(await run(sandbox, look)).toBe("1\nenabled\n");
  });

  test("keeps an sshd that systemd starts when somebody comes", async () => {
    const client = openClient({}, (prepare) => ({
      ...prepare,
      async identify(sandbox, request, options) {
        const wants = "/etc/systemd/system";
        await sandbox.files.remove(`${wants}/multi-user.target.wants/ssh.service`);
        await sandbox.files.mkdir(`${wants}/sockets.target.wants`, { owner: { uid: 0, gid: 0 } });
        await sandbox.files.symlink(
          `${wants}/sockets.target.wants/ssh.socket`,
          "/lib/systemd/system/ssh.socket",
        );
        await prepare.identify(sandbox, request, options);
      },
    }));
    const sandbox = await createFor(client, "provision-socket");
    expect(await readStates(sandbox)).toMatchObject({ sshd: "done" });
    expect(
      await run(
        sandbox,
        "systemctl is-active ssh.socket; ssh-keyscan -t ed25519 127.0.0.1 2>/dev/null | wc -l",
      ),
    ).toBe("active\n1\n");
  });

  test("is not changed by being provisioned once more", async () => {
    const options = { authorizedKeys: [key], env: { A: "b" } };
    const sandbox = await createFor(openClient(options), "provision-twice");
    const list =
      "find /etc /home /root /usr /var/lib /var/spool -xdev -path /var/lib/pixels/provision -prune -o -printf '%p %i %m %U:%G %s %T@ %l\\n' | sort";
    const before = await run(sandbox, list);
    const request = { name: sandbox.name, source: image };
    const prepare = createPreparer({ devtools: false, ...options });
    expect(await prepare.provision(sandbox, request, {})).toEqual({ account: "pixel" });
    expect(await run(sandbox, list)).toBe(before);
    const states = await readStates(sandbox);
    expect(Object.values(states).filter((state) => state !== "done" && state !== "skipped")).toEqual([]);
  });

  test("keeps what its image has in /etc/environment and in authorized keys", async () => {
    const client = openClient({ authorizedKeys: [key], env: { NEW: "n", OLD: "n" } }, (prepare) => ({
      ...prepare,
      async identify(sandbox, request, options) {
        const owner = { uid: 0, gid: 0 };
        await sandbox.files.write("/etc/environment", 'KEPT="yes"\nOLD=o\n', { owner });
        await sandbox.files.write("/root/.ssh/authorized_keys", "ssh-rsa AAAA of-the-image", { owner });
        await prepare.identify(sandbox, request, options);
      },
    }));
    const sandbox = await createFor(client, "provision-keeps");
    expect(await runAs(sandbox, "cat /etc/environment; echo $KEPT $OLD $NEW")).toBe(
      'KEPT="yes"\nNEW="n"\nOLD="n"\nyes n n\n',
    );
    expect(await run(sandbox, "grep -v '^#' /root/.ssh/authorized_keys")).toBe(
      `ssh-rsa AAAA of-the-image\n${key}`,
    );
  });

  test("without a key says so", async () => {
    const sandbox = await createFor(openClient({ noKeys: "there is no such file" }), "provision-keyless");
    const provisioning = await readProvisioning(sandbox);
    expect(provisioning?.steps.find(({ id }) => id === "keys")).toMatchObject({
      state: "skipped",
      detail: "there is no such file",
    });
    expect(await run(sandbox, "find /root /home -name authorized_keys")).toBe("");
  });

  test("that nothing is written into is its image and no more", async () => {
    const client = openClient({ authorizedKeys: [key], env: { A: "b" } });
    const sandbox = await createFor(client, "provision-none", { provision: false });
    expect((await sandbox.info()).account).toBe("root");
    const script = "id -un; pwd; cat /etc/environment; ls /etc/profile.d; ls -d /var/lib/pix* || true";
    expect(await runAs(sandbox, script)).toBe("root\n/root\n");
    expect(await readProvisioning(sandbox)).toBeUndefined();
    // its sshd has a key of its own all the same, and nothing has failed
    expect(await run(sandbox, "systemctl is-system-running; ls /etc/ssh/ssh_host_*_key")).toBe(
      "running\n/etc/ssh/ssh_host_ed25519_key\n",
    );
  });
});

describe("values in /etc/environment", () => {
  const odd = {
    EMPTY: "",
    SPACES: "  two  spaces  ",
    QUOTES: `"a" 'b' "`,
    ONE_QUOTE: '"',
    BACKSLASHES: "a\\b\\\\c\\",
    DOLLARS: "$HOME ${HOME} $$ `id` $(id)",
    EQUALS: "a=b==",
    UNICODE: "ü ☃ 🂡",
    TAB: "a\tb",
    SHELL_WORDS: "a; rm -rf x && b | c > d * ? [e] ~",
    LONG: "x".repeat(8000),
    LAST: "last",
  };

  test("are read the same by the launcher, by PAM and by a login shell", async () => {
    const sandbox = await createFor(openClient(), "provision-values", { env: odd });
    const print = `for n in ${Object.keys(odd).join(" ")}; do printenv "$n" || echo "no $n"; done`;
    const expected = Object.values(odd)
      .map((value) => `${value}\n`)
      .join("");
    expect(await runAs(sandbox, print)).toBe(expected);
    expect(await run(sandbox, `su pixel -c '${print}'`)).toBe(expected);
    expect(await run(sandbox, `env -i HOME=/home/pixel bash -lc '${print}'`)).toBe(expected);
    expect(await run(sandbox, `env -i HOME=/home/pixel sh -lc '${print}'`)).toBe(expected);
  });
});
