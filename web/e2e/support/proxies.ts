/** Proxies with the configurations that figcast ships, on ports of their own, in a folder of their own. */
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { Child, ROOT } from "./children.ts";
import { freePort } from "./ports.ts";

/** A place in a shipped file, which has to be there once, and what stands there in a test. */
export type Change = [shipped: string, here: string];

interface Place {
  folder: string;
  port: number;
  upstream: number;
}

interface Recipe {
  binary: string;
  /** Of those in config/, and what they are called where the proxy reads them. */
  files: Record<string, string>;
  /** In the first of the files. */
  changes(place: Place): Change[];
  args(file: string, place: Place): string[];
  /** How it may end after SIGTERM. */
  exits: (number | null)[];
}

/** What Debian's packages install. */
export const PROXIES = {
  nginx: {
    binary: process.env.NGINX ?? "/usr/sbin/nginx",
    files: { "nginx.conf": "nginx.conf" },
    changes: ({ folder, port, upstream }) => [
      ["worker_processes auto;", "worker_processes 1;"],
      [
        "http {\n",
        `http {\naccess_log off; ${["client_body", "proxy", "fastcgi", "scgi", "uwsgi"]
          .map((name) => `${name}_temp_path ${folder}/${name};`)
          .join(" ")}\n`,
      ],
      ["listen 80 default_server ", `listen 127.0.0.1:${port} default_server `],
      ["listen [::]:80 default_server sndbuf=16k;", ""],
      ["server 127.0.0.1:8080;", `server 127.0.0.1:${upstream};`],
    ],
    args: (file, { folder }) => {
      const globals = `daemon off; pid ${folder}/pid;`;
      return ["-p", folder, "-c", file, "-e", "stderr", "-g", globals];
    },
    exits: [0],
  },
  HAProxy: {
    binary: "/usr/sbin/haproxy",
    files: { "haproxy.cfg": "haproxy.cfg" },
    changes: ({ port, upstream }) => [
      ["    user haproxy\n    group haproxy\n", ""],
      ["log /dev/log local0", "log stderr local0 err"],
      ["maxconn 30000", "maxconn 400"],
      ["bind :80\n", `bind 127.0.0.1:${port}\n`],
      ["backend figcast\n    server figcast 127.0.0.1:8080", server(upstream, "figcast")],
      ["backend streams\n    server figcast 127.0.0.1:8080", server(upstream, "streams")],
    ],
    args: (file) => ["-db", "-f", file],
    exits: [null],
  },
  Apache: {
    binary: "/usr/sbin/apache2",
    files: { "apache.conf": "apache2.conf", "apache-retry.asis": "apache-retry.asis" },
    changes: ({ folder, port, upstream }) => [
      ["PidFile /run/apache2/apache2.pid", `PidFile ${folder}/pid\nDefaultRuntimeDir ${folder}`],
      ["ErrorLog /var/log/apache2/error.log", `ErrorLog ${folder}/error.log`],
      ["ServerLimit         64", "ServerLimit 2"],
      ["MaxRequestWorkers   4096", "MaxRequestWorkers 128\nStartServers 1"],
      ["\nListen 80\n", `\nListen 127.0.0.1:${port}\n`],
      ["<VirtualHost *:80>\n", `<VirtualHost 127.0.0.1:${port}>\n`],
      ["/etc/apache2/apache-retry.asis", `${folder}/apache-retry.asis`],
      ["http://127.0.0.1:8080/", `http://127.0.0.1:${upstream}/`],
    ],
    args: (file) => ["-D", "FOREGROUND", "-f", file],
    exits: [0],
  },
  Caddy: {
    binary: "/usr/bin/caddy",
    files: { Caddyfile: "Caddyfile" },
    changes: ({ folder, port, upstream }) => [
      ["grace_period 10s", `grace_period 1s\nadmin off\nstorage file_system ${folder}`],
      ["\n:80 {", `\nhttp://127.0.0.1:${port} {`],
      ["reverse_proxy 127.0.0.1:8080", `reverse_proxy 127.0.0.1:${upstream}`],
    ],
    args: (file) => ["run", "--adapter", "caddyfile", "--config", file],
    exits: [0],
  },
  Varnish: {
    binary: "/usr/sbin/varnishd",
    files: { "varnish.vcl": "default.vcl" },
    changes: ({ upstream }) => [['.port = "8080"', `.port = "${upstream}"`]],
    args: (file, { folder, port }) => {
      const state = ["-n", folder, "-s", "malloc,32m", "-j", "none"];
      return ["-F", "-f", file, "-a", `127.0.0.1:${port}`, ...state];
    },
    exits: [0],
  },
  lighttpd: {
    binary: "/usr/sbin/lighttpd",
    files: { "lighttpd.conf": "lighttpd.conf", "lighttpd-retry.shtml": "retry.shtml" },
    changes: ({ folder, port, upstream }) => [
      ["server.port = 80\n", `server.port = ${port}\nserver.bind = "127.0.0.1"\n`],
      ['server.username = "www-data"\nserver.groupname = "www-data"\n', ""],
      ['server.errorlog = "/var/log/lighttpd/error.log"', `server.errorlog = "${folder}/errors"`],
      ['server.document-root = "/var/www/figcast"', `server.document-root = "${folder}"`],
      ["server.max-fds = 65536\n", ""],
      ['"port" => 8080', `"port" => ${upstream}`],
    ],
    args: (file) => ["-D", "-f", file],
    // 1 when it had connections still.
    exits: [0, 1],
  },
} as const satisfies Record<string, Recipe>;

export type ProxyName = keyof typeof PROXIES;

function server(port: number, backend: string): string {
  return `backend ${backend}\n    server figcast 127.0.0.1:${port}`;
}

export function hasProxy(name: ProxyName): boolean {
  return existsSync(PROXIES[name].binary);
}

export class ReverseProxy {
  readonly name: ProxyName;
  readonly url: string;
  readonly #child: Child;
  readonly #folder: string;

  private constructor(name: ProxyName, child: Child, folder: string, port: number) {
    this.name = name;
    this.#child = child;
    this.#folder = folder;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** `changes` are of the test's own, besides those for addresses and folders. */
  static async start(
    name: ProxyName,
    upstream: number,
    changes: readonly Change[] = [],
  ): Promise<ReverseProxy> {
    const recipe: Recipe = PROXIES[name];
    if (!hasProxy(name)) throw new Error(`no ${name} at ${recipe.binary}: see tests/tools.sh`);
    const folder = await mkdtemp(join(tmpdir(), "figcast-proxy-"));
    // Its workers may be another user.
    await chmod(folder, 0o755);
    const place = { folder, port: await freePort(), upstream };
    const [[shipped = "", called = ""] = [], ...others] = Object.entries(recipe.files);
    const file = join(folder, called);
    await writeFile(file, await changed(shipped, [...recipe.changes(place), ...changes]));
    for (const [from, to] of others) await copyFile(join(ROOT, "config", from), join(folder, to));
    const child = new Child(recipe.binary, recipe.args(file, place));
    const proxy = new ReverseProxy(name, child, folder, place.port);
    await proxy.#answers();
    return proxy;
  }

  async stop(): Promise<void> {
    this.#child.signal("SIGTERM");
    const { exits }: Recipe = PROXIES[this.name];
    const code = await this.#child.exited();
    expect(exits, `${this.name}: ${this.#child.stderr}`).toContain(code);
    await rm(this.#folder, { recursive: true });
  }

  /** Until it refuses what is nobody's business, which needs no figcast behind it. */
  async #answers(): Promise<void> {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const answer = await fetch(`${this.url}/metrics`).catch(() => null);
      if (answer !== null) {
        expect([403, 404], this.name).toContain(answer.status);
        return;
      }
      const ended = !this.#child.isRunning;
      if (ended || Date.now() > deadline) {
        throw new Error(`${this.name} does not answer: ${this.#child.stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** A shipped file with changes, each of which it has one place for. */
async function changed(shipped: string, changes: readonly Change[]): Promise<string> {
  let text = await readFile(join(ROOT, "config", shipped), "utf8");
  for (const [there, here] of changes) {
    expect(text.split(there), `config/${shipped} has one ${there}`).toHaveLength(2);
    text = text.replace(there, () => here);
  }
  return text;
}
