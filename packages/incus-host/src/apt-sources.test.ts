import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  findSuite,
  formatDeb822Source,
  parseDeb822Sources,
  parseOneLineSources,
  readAptSources,
} from "./apt-sources.ts";

describe("the one-line format", () => {
  test("takes options, several components and a comment at the end", () => {
    const text =
      "deb [arch=amd64,arm64 signed-by=/k.gpg] http://mirror.test/debian bookworm main contrib # ours\n";
    expect(parseOneLineSources(text)).toEqual([
      {
        types: ["deb"],
        uris: ["http://mirror.test/debian"],
        suites: ["bookworm"],
        components: ["main", "contrib"],
        options: { architectures: "amd64 arm64", "signed-by": "/k.gpg" },
      },
    ]);
  });

  test("leaves out comments and lines that are no source", () => {
    expect(parseOneLineSources("# deb http://mirror.test/debian bookworm main\n\nnonsense\n")).toEqual([]);
  });
});

describe("the deb822 format", () => {
  test("takes several suites, comments between fields and a stanza after a blank line", () => {
    const text =
      "Types: deb deb-src\n# the nearest\nURIs: http://mirror.test/debian\nSuites: bookworm bookworm-updates\n" +
      "Components: main\nSigned-By: /k.gpg\n\n\nTypes: deb\nURIs: http://security.test\nSuites: bookworm-security\nComponents: main\n";
    const sources = parseDeb822Sources(text);
    expect(sources.map((source) => source.suites)).toEqual([
      ["bookworm", "bookworm-updates"],
      ["bookworm-security"],
    ]);
    expect(sources[0]).toMatchObject({ types: ["deb", "deb-src"], options: { "signed-by": "/k.gpg" } });
  });

  test("leaves out a stanza that is disabled", () => {
    expect(
      parseDeb822Sources("Types: deb\nURIs: http://m.test\nSuites: s\nComponents: main\nEnabled: no\n"),
    ).toEqual([]);
  });

  test("writes a key that is in the text itself as it was", () => {
    const text =
      "Types: deb\nURIs: http://m.test/\nSuites: s\nComponents: main\n" +
      "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n -----END PGP PUBLIC KEY BLOCK-----\n";
    const [source] = parseDeb822Sources(text);
    expect(source).toBeDefined();
    expect(parseDeb822Sources(source === undefined ? "" : formatDeb822Source(source))).toEqual([source]);
  });
});

test("a machine's sources come from both formats, without sources of source code", async () => {
  const root = await mkdtemp(join(tmpdir(), "pixels-apt-"));
  try {
    await mkdir(join(root, "sources.list.d"));
    await writeFile(
      join(root, "sources.list"),
      "deb http://a.test bookworm main\ndeb-src http://a.test bookworm main\n",
    );
    await writeFile(
      join(root, "sources.list.d", "b.sources"),
      "Types: deb\nURIs: http://b.test\nSuites: trixie\nComponents: main\n",
    );
    await writeFile(join(root, "sources.list.d", "c.list.disabled"), "deb http://c.test bookworm main\n");
    const sources = await readAptSources(root);
    expect(sources.map((source) => source.uris[0])).toEqual(["http://a.test", "http://b.test"]);
  } finally {
    await rm(root, { recursive: true });
  }
});

test("a suite is found with its mirror and key, narrowed to its main part", () => {
  const sources = parseOneLineSources(
    "deb http://other.test bookworm contrib\ndeb [signed-by=/k] http://m.test bookworm main contrib\n",
  );
  expect(findSuite(sources, "bookworm")).toEqual({
    types: ["deb"],
    uris: ["http://m.test"],
    suites: ["bookworm"],
    components: ["main"],
    options: { "signed-by": "/k" },
  });
  expect(findSuite(sources, "trixie")).toBeUndefined();
});
