import { expect, test } from "vitest";
import { renameInHosts } from "./hosts-file.ts";

test("the old name becomes the new one wherever it stands, and nothing else changes", () => {
  const text = [
    "# px-old is here",
    "127.0.0.1 localhost",
    "127.0.1.1\tpx-old",
    "192.0.2.7 db px-old px-old-too # px-old",
    "",
    "::1 localhost ip6-localhost",
    "",
  ].join("\n");
  expect(renameInHosts(text, "px-old", "px-new")).toBe(
    [
      "# px-old is here",
      "127.0.0.1 localhost",
      "127.0.1.1 px-new",
      "192.0.2.7 db px-new px-old-too",
      "",
      "::1 localhost ip6-localhost",
      "",
    ].join("\n"),
  );
});

test("a name that is not there yet is put first, and a missing file is made whole", () => {
  expect(renameInHosts("127.0.0.1 localhost\n", "px-old", "px-new")).toBe(
    "127.0.1.1 px-new\n127.0.0.1 localhost\n",
  );
  expect(renameInHosts("127.0.0.1 localhost", "localhost", "px-new")).toBe(
    "127.0.1.1 px-new\n127.0.0.1 localhost\n",
  );
  expect(renameInHosts("", "", "px-new")).toBe(
    "127.0.1.1 px-new\n127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n",
  );
});
