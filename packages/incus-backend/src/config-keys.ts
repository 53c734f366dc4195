/** Keys of an instance's configuration that pixels keeps its own facts under. */
export const configKeys = {
  /** A new UUID for every instance that is created; also says that the instance is pixels' own. */
  id: "user.pixels.id",
  /** "creating" until commands can run, or "removing"; whoever finds it with a dead owner removes the instance. Absent otherwise. */
  state: "user.pixels.state",
  /** Who is creating or removing it: core's `formatOwner`. */
  owner: "user.pixels.owner",
  /** The account that commands run as; Incus puts it into the environment of what it starts inside, where the launcher finds it. */
  account: "environment.PIXELS_ACCOUNT",
  /** The image as it was asked for. */
  image: "user.pixels.image",
} as const;

/** Before the key of a label. */
export const LABEL_PREFIX = "user.pixels.label.";
/** The network device of a sandbox. */
export const NIC = "eth0";
