/** A running figcast and a Chromium, for taking pictures of what they show. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const BINARY = resolve(process.env.FIGCAST_BIN ?? "../target/debug/figcast");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Runs `work` with the server's address and the browser, and ends both whatever happens. */
export async function withFigcast(work, { args = [], env = {} } = {}) {
  const server = spawn(BINARY, ["serve", "--listen", "127.0.0.1:0", ...args], {
    cwd: "..",
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  try {
    const [line] = await once(createInterface({ input: server.stdout }), "line");
    await work(line.replace("listening on ", ""), browser);
  } finally {
    await browser.close();
    server.kill("SIGTERM");
  }
}
