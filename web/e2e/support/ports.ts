import { once } from "node:events";
import { createServer } from "node:net";

/**
 * A port that can be given up and taken again. It lies below the range that the system gives to
 * outgoing connections, or a client that retries could be handed the very port it is knocking at.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const probe = createServer();
    probe.listen(port, "127.0.0.1");
    try {
      await once(probe, "listening");
    } catch {
      continue;
    }
    probe.close();
    await once(probe, "close");
    return port;
  }
}
