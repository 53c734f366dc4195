/** Tells a reader what is being done, as it is done. */
export interface Steps {
  /** Runs a step between a line that names it and one with the time it took. */
  run<T>(what: string, step: (onProgress: (phase: string) => void) => Promise<T>): Promise<T>;
  say(line: string): void;
}

export function createSteps(write: (text: string) => void): Steps {
  const say = (line: string) => write(`${line}\n`);
  return {
    say,
    async run(what, step) {
      const start = performance.now();
      say(`> ${what}`);
      const result = await step((phase) => say(`    ${phase}`));
      say(`  done in ${formatSeconds(performance.now() - start)}`);
      return result;
    },
  };
}

function formatSeconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(durationMs < 10_000 ? 2 : 0)} s`;
}
