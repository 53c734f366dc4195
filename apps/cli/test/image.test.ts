import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { openIncusApi } from "@pixels/incus-backend/rest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startImageServer } from "../../../packages/incus-backend/test/images/support/image-server.ts";
import { useCli } from "./support/bundle.ts";
import { startTestbed, type Testbed } from "./support/own-daemon.ts";

// images are made and removed here: not on the daemon that other tests share
let daemon: Testbed;
const cli = useCli({});

beforeAll(async () => {
  daemon = await startTestbed();
}, 600_000);

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
});

const withDaemon = (env: Readonly<Record<string, string>> = {}) => ({
  env: { PIXELS_INCUS_SOCKET: daemon.socketPath, ...env },
});

interface Listed {
  readonly images: readonly { readonly name: string | null; readonly fingerprint: string }[];
}

async function list(): Promise<Listed["images"]> {
  const { stdout } = await cli.mustRun(["image", "list", "--json"], withDaemon());
  return (JSON.parse(stdout) as Listed).images;
}

describe("image list", () => {
  test("tells the images on the server, for people and for programs", async () => {
    const [image] = await list();
    expect(image).toEqual({
      name: "debian/12",
      type: "container",
      architecture: { x64: "x86_64", arm64: "aarch64" }[process.arch as "x64" | "arm64"],
      size_bytes: expect.any(Number) as number,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      description: expect.stringContaining("Debian bookworm") as string,
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    const { stdout } = await cli.mustRun(["image", "list"], withDaemon());
    expect(stdout).toMatch(/^NAME +TYPE +ARCHITECTURE +SIZE +AGE +DESCRIPTION\ndebian\/12 +container /);
  });

  test("one without a name is listed too, last", async () => {
    await using api = openIncusApi({ socketPath: daemon.socketPath });
    const [image] = await list();
    await api.transport.request("DELETE", "/1.0/images/aliases/debian%2F12");
    expect(await list()).toMatchObject([{ name: null, fingerprint: image?.fingerprint }]);
    await api.images.createAlias({ name: "debian/12", target: image?.fingerprint ?? "" });
  });
});

describe("an image of the image server", () => {
  test("is got by a create that names it, and listed from then on", async () => {
    await using server = await startImageServer(daemon);
    const env = { PIXELS_DEFAULT_IMAGE_SERVER: server.at("slow") };
    const { stderr } = await cli.mustRun(
      ["create", "got", "--image", "stand-in/1", "--no-provision"],
      withDaemon(env),
    );
    expect(stderr).toMatch(
      /^create got: looking for the image\n(create got: downloading the image \d+ %\n)+/m,
    );
    await cli.mustRun(["destroy", "got", "--force"], withDaemon());
    expect((await list()).map(({ name }) => name)).toContain("stand-in/1");
  });

  test("an interrupt ends the download", async () => {
    await using server = await startImageServer(daemon);
    const env = { PIXELS_DEFAULT_IMAGE_SERVER: server.at("slow") };
    const creating = cli.start(["create", "cut", "--image", "stand-in/2", "--no-provision"], withDaemon(env));
    await creating.sees("stderr", "downloading the image");
    creating.child.kill("SIGINT");
    expect(await creating.result).toMatchObject({ code: 130 });
    expect((await list()).map(({ name }) => name)).not.toContain("stand-in/2");
    expect(await daemon.listInstances()).toEqual([]);
  });

  test("one that cannot be reached has its code and its next step", async () => {
    const env = { PIXELS_DEFAULT_IMAGE_SERVER: "http://127.0.0.1:1" };
    const result = await cli.run(
      ["create", "none", "--image", "stand-in/3", "--no-provision"],
      withDaemon(env),
    );
    expect(result).toMatchObject({ code: 31 });
    expect(result.stderr).toMatch(
      /http:\/\/127\.0\.0\.1:1 does not give it: .*defaults\.image_server.*pixels image build/,
    );
  });
});

describe("image build", () => {
  test("of one that is there changes nothing", async () => {
    const before = await list();
    const { stdout, stderr } = await cli.mustRun(["image", "build", "debian/12"], withDaemon());
    expect({ stdout, stderr }).toEqual({
      stdout: 'the image "debian/12" is there; use it with: pixels create <name> --image debian/12\n',
      stderr: "",
    });
    expect(await list()).toEqual(before);
  });

  test("of one that is in the cache imports it under its name", async () => {
    const { stdout } = await cli.mustRun(["image", "build", "debian/bookworm", "--json"], withDaemon());
    expect(JSON.parse(stdout)).toEqual({ schema: 1, image: "debian/bookworm" });
    expect((await list()).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["debian/12", "debian/bookworm"]),
    );
  });

  test.each(["ubuntu/24.04", "debian/3", "-"])("of %j, which has no recipe, is refused", async (image) => {
    expect(await cli.run(["image", "build", image], withDaemon())).toMatchObject({
      code: 10,
      stderr: expect.stringContaining("debian/12") as string,
    });
  });

  test("with --force builds it anew, in the place of the old one; sandboxes of that live on", async () => {
    await using api = openIncusApi({ socketPath: daemon.socketPath });
    await api.transport.request("DELETE", "/1.0/images/aliases/debian%2Fbookworm");
    await cli.mustRun(["create", "old", "--image", "debian/12", "--no-provision"], withDaemon());
    const before = (await list()).find(({ name }) => name === "debian/12");
    const cache = join(cli.home, "cache");
    await mkdir(cache);
    const { stderr } = await cli.mustRun(
      ["image", "build", "debian/12", "--force"],
      withDaemon({ XDG_CACHE_HOME: cache }),
    );
    expect(stderr).toContain("build debian/12: packing the image\n");
    const after = await list();
    expect(after.filter(({ name }) => name === "debian/12")).toHaveLength(1);
    expect(after.map(({ fingerprint }) => fingerprint)).not.toContain(before?.fingerprint);
    await cli.mustRun(["create", "new", "--image", "debian/12", "--no-provision"], withDaemon());
    for (const name of ["old", "new"]) {
      await cli.mustRun(["exec", name, "--", "true"], withDaemon());
      await cli.mustRun(["destroy", name, "--force"], withDaemon());
    }
  }, 600_000);

  test("an interrupt ends the build and leaves nothing", async () => {
    const cache = join(cli.home, "cache-of-interrupted");
    await mkdir(cache);
    const build = cli.start(["image", "build", "debian/13"], withDaemon({ XDG_CACHE_HOME: cache }));
    await build.sees("stderr", "building it");
    build.child.kill("SIGINT");
    expect(await build.result).toMatchObject({ code: 130 });
    expect((await list()).map(({ name }) => name)).not.toContain("debian/13");
    expect(await readdir(join(cache, "pixels", "images"))).toEqual([]);
  });
});
