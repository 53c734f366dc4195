// A backend author's test.
import { describeBackend, memoryBackend, memoryCapabilities } from "@pixels/core/testing";

describeBackend({
  name: "memory",
  open: async () => memoryBackend(),
  image: "test/image",
  capabilities: memoryCapabilities,
});
