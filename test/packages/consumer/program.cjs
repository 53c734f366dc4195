// The same packages, required.
const { createSandboxClient, PixelsError } = require("@pixels/core");
const { quoteForShell } = require("@pixels/core/backend");
const { loadConfig } = require("@pixels/core/config");
const { incusBackend } = require("@pixels/incus-backend");
const { openIncusApi } = require("@pixels/incus-backend/rest");

async function main() {
  const client = createSandboxClient({ backend: incusBackend({ socket: "/nowhere/incus.socket" }) });
  try {
    await client.get("box");
  } catch (error) {
    console.log(PixelsError.is(error) && error.code);
  } finally {
    await client[Symbol.asyncDispose]();
  }
  console.log(quoteForShell("a b"), typeof loadConfig, typeof openIncusApi);
}

void main();
