import { VERSION } from "./version.ts";

const argv = process.argv.slice(2);

// answered before anything else is loaded
if (argv[0] === "--version") process.stdout.write(`${VERSION}\n`);
// no command: what the scripts of `pixels completion` ask is nothing that people should be shown, or that clipanion could read
else if (argv[0] === "__complete")
  void import("./completion/answer.ts").then(({ answer }) => answer(argv.slice(1)));
else
  void import("./main.ts")
    .then(({ main }) => main(argv))
    .then((code) => {
      // not process.exit(): output that still waits for its reader would be lost
      process.exitCode ||= code;
    });
