// Compiled only: every entry point, with the types that a program has to name.
import { createSandboxClient, type ExecResult, expectSuccess, PixelsError, type Sandbox } from "@pixels/core";
import { quoteForShell, type SandboxBackend } from "@pixels/core/backend";
import { loadConfig, type LoadedConfig } from "@pixels/core/config";
import { type DescribeBackendOptions, describeBackend, memoryBackend } from "@pixels/core/testing";
import { incusBackend, type IncusBackendOptions } from "@pixels/incus-backend";
import { type IncusApi, openIncusApi } from "@pixels/incus-backend/rest";

const options: IncusBackendOptions = { socket: "/run/incus/unix.socket" };
const backend: SandboxBackend = incusBackend(options);

export async function run(sandbox: Sandbox): Promise<string> {
  const result: ExecResult = await sandbox.exec(["true"], { signal: AbortSignal.timeout(1000) });
  const code: number = result.status.exitCode;
  // @ts-expect-error a command is a program and its arguments, so the types have really been read
  await sandbox.exec("true");
  return `${code} ${quoteForShell(expectSuccess(result).stdout)}`;
}

export async function main(): Promise<void> {
  await using client = createSandboxClient({ backend });
  for await (const { name } of client.list()) console.log(name);
  const { config }: LoadedConfig = await loadConfig({ env: {}, homeDirectory: "/root" });
  console.log(config.defaults.image);
  await using api: IncusApi = openIncusApi({ socketPath: "/run/incus/unix.socket" });
  // one of the types that name the websocket library's
  const [socket] = await api.transport.openWebSockets(["/1.0/events"]);
  // @ts-expect-error which is not `any`
  socket.noSuchMethod();
  socket.close();
}

export function prove(capabilities: DescribeBackendOptions["capabilities"]): void {
  describeBackend({ name: "memory", open: async () => memoryBackend(), image: "test/image", capabilities });
}

export const isOurs: (value: unknown) => boolean = PixelsError.is;
