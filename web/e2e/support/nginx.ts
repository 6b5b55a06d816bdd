/** nginx with HTTP/2 as well: the lines for it that the shipped file has in a comment. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { Child } from "./children.ts";
import { freePort } from "./ports.ts";
import { type Change, ReverseProxy } from "./proxies.ts";

export class SecureNginx {
  readonly #proxy: ReverseProxy;
  readonly #folder: string;
  /** By HTTP/2, with a certificate that nobody vouches for. */
  readonly secureUrl: string;

  private constructor(proxy: ReverseProxy, folder: string, port: number) {
    this.#proxy = proxy;
    this.#folder = folder;
    this.secureUrl = `https://127.0.0.1:${port}`;
  }

  get url(): string {
    return this.#proxy.url;
  }

  static async start(upstream: number): Promise<SecureNginx> {
    const [folder, port] = [await mkdtemp(join(tmpdir(), "figcast-tls-")), await freePort()];
    const proxy = await ReverseProxy.start("nginx", upstream, await certified(folder, port));
    return new SecureNginx(proxy, folder, port);
  }

  async stop(): Promise<void> {
    await this.#proxy.stop();
    await rm(this.#folder, { recursive: true });
  }
}

async function certified(folder: string, port: number): Promise<Change[]> {
  const [certificate, key] = [join(folder, "figcast.pem"), join(folder, "figcast.key")];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"];
  const files = ["-keyout", key, "-out", certificate, "-subj", "/CN=127.0.0.1", "-days", "1"];
  const openssl = new Child("openssl", ["req", "-x509", ...kind, ...files]);
  expect(await openssl.exited(), openssl.stderr).toBe(0);
  return [
    ["#   listen 443 ssl http2;", `listen 127.0.0.1:${port} ssl http2;`],
    ["#   ssl_certificate     /etc/ssl/figcast.pem;", `ssl_certificate ${certificate};`],
    ["#   ssl_certificate_key /etc/ssl/private/figcast.key;", `ssl_certificate_key ${key};`],
  ];
}
