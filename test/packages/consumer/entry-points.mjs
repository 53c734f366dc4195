// What a program that has neither vitest nor fast-check can load: prints each entry point's names, or what it misses.
const entryPoints = [
  "@pixels/core",
  "@pixels/core/backend",
  "@pixels/core/config",
  "@pixels/core/testing",
  "@pixels/incus-backend",
  "@pixels/incus-backend/rest",
];
/** @type {Record<string, number | string>} */
const loaded = {};
for (const name of entryPoints)
  try {
    loaded[name] = Object.keys(await import(name)).length;
  } catch (error) {
    loaded[name] = String(/** @type {{ message: unknown }} */ (error).message);
  }
console.log(JSON.stringify(loaded));
