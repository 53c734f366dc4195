import { toPropertyName } from "./config.ts";
import { badValue, contradiction, type ConfigPlace } from "./problems.ts";
import { Secret } from "./secret.ts";
import { isTable } from "./value-kind.ts";

/** Reads `[backends.<name>]`: the options of a backend from a package, which checks them itself. Throws CONFIG_INVALID. */
export function readBackendOptions(
  place: ConfigPlace,
  name: string,
  raw: unknown,
): Secret<Readonly<Record<string, unknown>>> {
  if (name === "incus" || name === "truenas")
    throw contradiction(place, "is not where this backend's options are", `use the section [${name}]`);
  if (!isTable(raw)) throw badValue(place, new Secret(raw), `a table [backends.${JSON.stringify(name)}]`);
  return new Secret(
    Object.fromEntries(Object.entries(raw).map(([key, value]) => [toPropertyName(key), value])),
  );
}
