/** The candidate that a mistyped word most likely meant: fewest edits, the first among equals. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  return best(candidates, (candidate) => editDistance(word, candidate));
}

/**
 * The key that a mistyped path such as "incus.sockte" most likely meant. A right name in the wrong section, such as "memory" for
 * "defaults.memory", counts as close.
 */
export function nearestKey(path: string, candidates: Iterable<string>): string | undefined {
  return best(candidates, (candidate) =>
    Math.min(editDistance(path, candidate), 1 + 2 * editDistance(lastPart(path), lastPart(candidate))),
  );
}

function best(candidates: Iterable<string>, distance: (candidate: string) => number): string | undefined {
  let found: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const edits = distance(candidate);
    if (edits < fewest) [found, fewest] = [candidate, edits];
  }
  return found;
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other (optimal string alignment). */
export function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let edits = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1])
        edits = Math.min(edits, at(beforePrevious, column - 2) + 1);
      current.push(edits);
    }
    [beforePrevious, previous] = [previous, current];
  }
  return at(previous, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
