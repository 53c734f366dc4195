/** The longest that a timer of Node.js can wait; a longer one ends at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls back after so many milliseconds, however many they are; disposing it calls it off. */
export function startTimer(delayMs: number, act: () => void): Disposable {
  let left = delayMs;
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const part = Math.min(left, MAX_TIMER_MS);
    left -= part;
    timer = setTimeout(left > 0 ? wait : act, part);
  };
  wait();
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
    },
  };
}
