/** Debian's nginx with the configuration figcast ships, on ports of its own. */
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { Child, ROOT } from "./children.ts";
import { freePort } from "./ports.ts";

const BINARY = process.env.NGINX ?? "/usr/sbin/nginx";

type Change = [shipped: string, here: string];

export class Nginx {
  readonly #child: Child;
  readonly #folder: string;
  readonly url: string;
  /** The same by HTTP/2, with a certificate that nobody vouches for. */
  readonly secureUrl: string;

  private constructor(child: Child, folder: string, port: number, securePort: number) {
    this.#child = child;
    this.#folder = folder;
    this.url = `http://127.0.0.1:${port}`;
    this.secureUrl = `https://127.0.0.1:${securePort}`;
  }

  /** `changes` are replacements in the file, which it has to have. */
  static async start(upstreamPort: number, changes: readonly Change[] = []): Promise<Nginx> {
    if (!existsSync(BINARY)) {
      throw new Error(`no nginx at ${BINARY}: apt install nginx-light, or set NGINX`);
    }
    const [port, securePort] = [await freePort(), await freePort()];
    const folder = await mkdtemp(join(tmpdir(), "figcast-nginx-"));
    // Its workers are another user and keep large answers in files here.
    await chmod(folder, 0o755);
    const file = join(folder, "nginx.conf");
    const secure = await certified(folder, securePort);
    await writeFile(file, await configuration(port, upstreamPort, [...secure, ...changes]));
    const globals = `daemon off; pid ${folder}/pid;`;
    const child = new Child(BINARY, ["-p", folder, "-c", file, "-e", "stderr", "-g", globals]);
    const nginx = new Nginx(child, folder, port, securePort);
    await child.until(() => existsSync(join(folder, "pid")) || null);
    // The pid file comes after the listening socket, so it can be asked now.
    expect((await fetch(`${nginx.url}/metrics`)).status).toBe(404);
    return nginx;
  }

  async stop(): Promise<void> {
    this.#child.signal("SIGTERM");
    expect(await this.#child.exited(), this.#child.stderr).toBe(0);
    await rm(this.#folder, { recursive: true });
  }
}

/** The lines for HTTP/2 that the shipped file has in a comment, with a certificate of its own. */
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

/** The shipped file with other addresses, and with its files in the folder it is started in. */
async function configuration(
  port: number,
  upstreamPort: number,
  changes: readonly Change[],
): Promise<string> {
  let text = await readFile(join(ROOT, "config/nginx.conf"), "utf8");
  const files = "access_log off; client_body_temp_path body; proxy_temp_path proxy;";
  const unused = ["fastcgi", "scgi", "uwsgi"].map((name) => `${name}_temp_path ${name};`).join(" ");
  const replacements: Change[] = [
    ["http {\n", `http {\n${files} ${unused}\n`],
    ["listen 80 default_server;", `listen 127.0.0.1:${port} default_server;`],
    ["listen [::]:80 default_server;", ""],
    ["server 127.0.0.1:8080;", `server 127.0.0.1:${upstreamPort};`],
    ...changes,
  ];
  for (const [shipped, here] of replacements) {
    expect(text.split(shipped), `config/nginx.conf has one ${shipped}`).toHaveLength(2);
    text = text.replace(shipped, () => here);
  }
  return text;
}
