/** Servers that ask for tokens, and tokens that they believe. */
import { createHmac, randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./children.ts";
import { test as base } from "./fixtures.ts";

const ISSUER = "https://id.example";
const SECRET = join(ROOT, "tests/keys/hs256.secret");

async function signed(claims: object): Promise<string> {
  const secret = (await readFile(SECRET, "utf8")).replace(/\n$/, "");
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** The cookie that a reader's token is in. */
export const COOKIE = "reader";

/** A token for these symbols, all if none is said, that lasts for so many seconds. */
export const token = (seconds: number, symbols = ["*"]) =>
  signed({
    iss: ISSUER,
    aud: "figcast",
    sub: "a reader",
    jti: randomUUID(),
    exp: Date.now() / 1_000 + seconds,
    figcast: { symbols },
  });

/** `guarded` starts a server that asks for tokens, and lets pages of `origins` read. */
export const test = base.extend("guarded", ({ start, stopping }) => {
  return async (origins: string) => {
    const folder = await mkdtemp(join(tmpdir(), "figcast-tokens-"));
    await stopping(Promise.resolve({ stop: () => rm(folder, { recursive: true }) }));
    const config = join(folder, "figcast.toml");
    await writeFile(
      config,
      `[server]\norigins = ["${origins}"]\n[auth]\nissuer = "${ISSUER}"\naudience = "figcast"\nleeway = "0s"\ncookie = "${COOKIE}"\n` +
        `[auth.keys]\ncurrent = { algorithm = "HS256", file = "${SECRET}" }\n`,
    );
    return start({ args: ["--config", config] });
  };
});
