declare const PIXELS_VERSION: string | undefined;

/** The version of the package; a bundle has it built in, the sources say "0.0.0-dev". */
export const VERSION: string = typeof PIXELS_VERSION === "string" ? PIXELS_VERSION : "0.0.0-dev";
