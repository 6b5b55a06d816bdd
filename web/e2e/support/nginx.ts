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

  private constructor(child: Child, folder: string, url: string) {
    this.#child = child;
    this.#folder = folder;
    this.url = url;
  }

  /** `changes` are replacements in the file, which it has to have. */
  static async start(upstreamPort: number, changes: readonly Change[] = []): Promise<Nginx> {
    if (!existsSync(BINARY)) {
      throw new Error(`no nginx at ${BINARY}: apt install nginx-light, or set NGINX`);
    }
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "figcast-nginx-"));
    // Its workers are another user and keep large answers in files here.
    await chmod(folder, 0o755);
    const file = join(folder, "nginx.conf");
    await writeFile(file, await configuration(port, upstreamPort, changes));
    const globals = `daemon off; pid ${folder}/pid;`;
    const child = new Child(BINARY, ["-p", folder, "-c", file, "-e", "stderr", "-g", globals]);
    const nginx = new Nginx(child, folder, `http://127.0.0.1:${port}`);
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
