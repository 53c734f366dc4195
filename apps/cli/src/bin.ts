import { VERSION } from "./version.ts";

const argv = process.argv.slice(2);

// answered before anything else is loaded
if (argv[0] === "--version") process.stdout.write(`${VERSION}\n`);
else
  void import("./main.ts")
    .then(({ main }) => main(argv))
    .then((code) => {
      // not process.exit(): output that still waits for its reader would be lost
      process.exitCode ||= code;
    });
