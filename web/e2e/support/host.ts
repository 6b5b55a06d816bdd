/** A site of somebody else's, with tags or frames of ours in its pages. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./children.ts";
import { type Stub, stub } from "./stub.ts";

export interface HostOptions {
  /** What stands in the body of its page. */
  body: string;
  head?: string;
  /** Its Content-Security-Policy. */
  policy?: string;
  /** Files of its own, by their paths. */
  files?: Record<string, string | Buffer>;
}

const TYPES: Record<string, string> = { css: "text/css", js: "text/javascript" };

/** A site with one page, at `localhost` where its server is at 127.0.0.1: another site to a browser. */
export async function host(options: HostOptions): Promise<Stub> {
  const site = await stub(({ url = "" }, response) => {
    const { body, head = "", policy, files = {} } = options;
    const file = files[url];
    if (file !== undefined) {
      const type = TYPES[url.split(".").at(-1) ?? ""] ?? "text/plain";
      response.setHeader("content-type", type).end(file);
      return;
    }
    if (policy !== undefined) response.setHeader("content-security-policy", policy);
    response.setHeader("content-type", "text/html").end(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>A site</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="/host.css">${head}
<body>${body}</body></html>`);
  });
  return { ...site, url: site.url.replace("127.0.0.1", "localhost") };
}

/** The fenced blocks of a document below a heading, in their order. */
export async function blocksOf(document: string, heading: string): Promise<string[]> {
  const text = await readFile(join(ROOT, document), "utf8");
  const [, below = ""] = text.split(`\n## ${heading}\n`);
  const [section = ""] = below.split(/\n## /);
  return [...section.matchAll(/```\w*\n(.*?)```/gs)].map(([, block = ""]) => block);
}
