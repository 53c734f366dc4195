import { getOwnerLiveness, parseOwner } from "@pixels/core/backend";

/** Nothing that a mark stands for takes this long: past it, an owner on a machine that we cannot look into counts as dead. */
const UNKNOWN_OWNER_MS = 60 * 60 * 1000;

/** Whether nobody lives who would finish what was begun then. `owner` is core's `formatOwner`. */
export function isOwnerDead(owner: string | undefined, begunAt: number): boolean {
  const parsed = parseOwner(owner ?? "");
  const liveness = parsed === undefined ? "unknown" : getOwnerLiveness(parsed);
  switch (liveness) {
    case "alive":
      return false;
    case "dead":
      return true;
    case "unknown":
      return Date.now() - begunAt > UNKNOWN_OWNER_MS;
  }
}
