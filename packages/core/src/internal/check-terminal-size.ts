import { InvalidArgumentError } from "../errors.ts";
import type { TerminalSize } from "../exec.ts";

/** Linux counts them in 16 bits. */
const MAX_CELLS = 65_535;

/** Throws INVALID_ARGUMENT for a size that no terminal has. */
export function checkTerminalSize({ columns, rows }: TerminalSize): void {
  for (const [what, count] of Object.entries({ columns, rows }))
    if (!Number.isInteger(count) || count < 1 || count > MAX_CELLS)
      throw new InvalidArgumentError(`terminal: ${what} must be a whole number from 1 to ${MAX_CELLS}`, {
        next: "pass the size of a terminal, such as 80 columns and 24 rows",
      });
}
