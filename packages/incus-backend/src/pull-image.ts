import { BackendFailedError, ImageNotFoundError, type WaitOptions } from "@pixels/core";
import type { InstancesOptions } from "./instances.ts";
import { IncusApiError } from "./rest/errors.ts";

/** The one that Incus itself offers as "images:". */
const DEFAULT_IMAGE_SERVER = "https://images.linuxcontainers.org";
/** What turns the image server off. */
const NONE = "none";

/**
 * Has the server download an image that it lacks. Does nothing where no image server is to be asked: the server refuses the image then. Rejects
 * with IMAGE_NOT_FOUND where the image server lacks it too, BACKEND_FAILED where that cannot be asked.
 */
export async function pullImage(
  { api, backend }: Pick<InstancesOptions, "api" | "backend">,
  image: string,
  { signal, onProgress }: WaitOptions,
): Promise<void> {
  const server = backend.imageServer ?? DEFAULT_IMAGE_SERVER;
  if (server === NONE) return;
  const tell = (words: string): void => onProgress?.("downloading the image", toPercent(words));
  onProgress?.("looking for the image");
  try {
    await api.images.pull({ server, alias: image }, { signal, onProgress: tell });
  } catch (error) {
    if (!(error instanceof IncusApiError)) throw error;
    // somebody else got it meanwhile
    if (await api.images.hasAlias(image, { signal })) return;
    throw toImageError(error, { image, server });
  }
}

function toImageError(error: IncusApiError, context: { readonly image: string; readonly server: string }) {
  const { image, server } = context;
  const options = { cause: error, context };
  if (/requested image couldn't be found/.test(error.serverMessage))
    return new ImageNotFoundError(
      `there is no image ${JSON.stringify(image)} on the Incus server, nor on the image server ${server}`,
      { next: "see which are here with: pixels image list", ...options },
    );
  if (!/^Failed getting remote image info|^no progress|download/i.test(error.serverMessage)) return error;
  return new BackendFailedError(
    `the image ${JSON.stringify(image)} is not on the Incus server, and the image server ${server} does not give it: ` +
      error.serverMessage.replace(/^.*Failed (getting image|parsing stream): /, ""),
    {
      next: "check defaults.image_server and the Incus server's network; without one, build an image: pixels image build",
      ...options,
    },
  );
}

/** Of what the server downloads the root file system is nearly the whole. */
function toPercent(words: string): number | undefined {
  const percent = /^rootfs: (\d+)%/.exec(words)?.[1];
  return percent === undefined ? undefined : Number(percent);
}
