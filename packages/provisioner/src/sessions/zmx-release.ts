/** A release of zmx, as its site has it: one static binary in an archive a machine. */
export interface ZmxRelease {
  readonly version: string;
  /** The folder of the archives, `zmx-<version>-linux-<machine>.tar.gz`. */
  readonly site: string;
  /** SHA-256 of each archive, by what `uname -m` says of the machine. */
  readonly archives: Readonly<Record<string, string>>;
}

/** What is installed: none but these very archives. */
export const zmxRelease: ZmxRelease = {
  version: "0.7.0",
  site: "https://zmx.sh/a",
  archives: {
    x86_64: "8b8783d7b120c9ffd0acf4aee37969054dc0dfef3c4f3a4728d2efd35f2e97a0",
    aarch64: "77599f66124694fae80bbb1d2fa0eafdb8c648b427a048cad90513ecf6136fc9",
  },
};
