/** Clients of a stream, each of which only writes down what it hears. */
import { createHash } from "node:crypto";
import { get, type IncomingMessage } from "node:http";
import { Child } from "./children.ts";
import { type Stub, stub } from "./stub.ts";

/** What one client has heard. */
export class Heard {
  readonly name: string;
  /** Id and hash of every figure, in the order in which they came. */
  readonly figures: { id: string; hash: string }[] = [];
  comments = 0;
  /** What the answer said it was coded with. */
  coding: string | undefined;
  /** The lines of the event under way. */
  #event: string[] = [];
  /** The line under way. */
  #line = "";

  constructor(name: string) {
    this.name = name;
  }

  get last(): string | undefined {
    return this.figures.at(-1)?.id;
  }

  /** Takes an event that has an id. */
  event(name: string | undefined, id: string, data: string): void {
    if (name === undefined) this.figure(id, data);
  }

  protected figure(id: string, data: string): void {
    this.figures.push({ id, hash: createHash("sha256").update(data).digest("base64") });
  }

  /** What came after the last event. */
  get rest(): string {
    return [...this.#event, this.#line].join("\n");
  }

  /** Takes a piece of the stream. */
  text(piece: string): void {
    const lines = (this.#line + piece).split("\n");
    this.#line = lines.pop() ?? "";
    for (const line of lines) {
      if (line === ":") this.comments += 1;
      if (line === "") this.#dispatch();
      // Other comments are what zstd needs between its pieces.
      else if (!line.startsWith(":")) this.#event.push(line);
    }
  }

  #dispatch(): void {
    const event = this.#event.splice(0).join("\n");
    const [, id, name, data] = /^id: (.+)\n(?:event: (\w+)\n)?data: (.+)$/.exec(event) ?? [];
    if (id !== undefined && data !== undefined) this.event(name, id, data);
  }
}

/** What one client of rows has heard: it keeps them by time. */
export class Kept extends Heard {
  /** How often rows were put into those that it had. */
  changes = 0;
  #rows = new Map<string, unknown[]>();

  get rows(): unknown[][] {
    const times = [...this.#rows].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return times.map(([, row]) => row);
  }

  protected override figure(id: string, data: string): void {
    const { from, since, rows } = JSON.parse(data);
    if (from === null) this.#rows.clear();
    else if (from === this.last) this.changes += 1;
    else throw new Error(`${this.name}: ${from} is not ${this.last}`);
    for (const time of this.#rows.keys()) if (time < (since ?? "")) this.#rows.delete(time);
    for (const row of rows) this.#rows.set(row[0], row);
    super.figure(id, JSON.stringify(this.rows));
  }
}

/** Node's plain client, which asks for no coding: what it hears is what others are compared with. */
export class Plain {
  readonly heard: Heard;
  readonly #response: IncomingMessage;

  private constructor(response: IncomingMessage, heard: Heard) {
    this.heard = heard;
    this.#response = response;
    response.setEncoding("utf8").on("data", (piece: string) => this.heard.text(piece));
    // The end that a stopping server makes is no error, and any other is missed by the test.
    response.on("error", () => {});
  }

  static open(url: string, heard = new Heard("plain")): Promise<Plain> {
    return new Promise((resolve, reject) => {
      get(url, (response) => resolve(new Plain(response, heard))).on("error", reject);
    });
  }

  async stop(): Promise<void> {
    this.#response.destroy();
  }
}

/** curl, which decodes on its way to its output. */
export class Curl {
  readonly child: Child;
  readonly #heard: Heard;
  #read = 0;

  constructor(name: string, url: string, accepted: string, Kind = Heard) {
    const coded = ["--compressed", "-H", `Accept-Encoding: ${accepted}`];
    this.child = new Child("curl", ["-sSiN", ...coded, url]);
    this.#heard = new Kind(`curl ${name}`);
  }

  get heard(): Heard {
    const { stdout } = this.child;
    this.#heard.text(stdout.slice(this.#read));
    this.#read = stdout.length;
    this.#heard.coding ??= /^content-encoding: (\w+)\r$/im.exec(stdout.slice(0, 2_000))?.[1];
    return this.#heard;
  }

  async stop(): Promise<void> {
    this.child.signal("SIGKILL");
    await this.child.exited();
  }
}

/** Node's fetch, which asks for gzip. */
export class Fetch {
  readonly heard: Heard;
  readonly #stop = new AbortController();

  constructor(name: string, url: string, Kind = Heard) {
    this.heard = new Kind(`fetch ${name}`);
    this.#read(url).catch((error: Error) => {
      if (!this.#stop.signal.aborted) this.heard.text(`${error.message}\n\n`);
    });
  }

  async #read(url: string): Promise<void> {
    const response = await fetch(url, { signal: this.#stop.signal });
    this.heard.coding = response.headers.get("content-encoding") ?? undefined;
    const text = response.body?.pipeThrough(new TextDecoderStream());
    for await (const piece of text ?? []) this.heard.text(piece);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
  }
}

/** A site whose page listens to streams with the browser's EventSource and tells what it hears. */
export class ListeningSite {
  readonly readers: readonly { readonly heard: Heard }[];
  /** What the browser accepts. */
  accepted: string | undefined;
  readonly #stub: Stub;

  private constructor(site: Stub, heard: ReadonlyMap<string, Heard>) {
    this.#stub = site;
    this.readers = [...heard.values()].map((one) => ({ heard: one }));
  }

  /** `streams` are addresses by name. */
  static async open(
    browser: string,
    streams: Record<string, string>,
    Kind = Heard,
  ): Promise<ListeningSite> {
    const names = Object.keys(streams);
    const heard = new Map(names.map((name) => [name, new Kind(`${browser} ${name}`)]));
    const page = `<!doctype html>
<meta charset="utf-8"><link rel="icon" href="data:,">
<script>
for (const [name, url] of Object.entries(${JSON.stringify(streams)})) {
  // One after the other, or they might overtake each other.
  let told = Promise.resolve();
  const tell = ({ lastEventId, data }) => {
    const address = "/heard?" + new URLSearchParams({ name, id: lastEventId });
    told = told.then(() => fetch(address, { method: "POST", body: data }));
  };
  const source = new EventSource(url);
  source.onmessage = tell;
}
</script>`;
    const site = await stub(async (request, response) => {
      // One that is kept might be closed for its idleness just as the next report sets out.
      response.setHeader("connection", "close");
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://site");
      if (pathname !== "/heard") {
        response.setHeader("content-type", "text/html").end(page);
        return;
      }
      let data = "";
      for await (const piece of request.setEncoding("utf8")) data += piece;
      const [name, id] = ["name", "id"].map((key) => searchParams.get(key) ?? "");
      heard.get(name ?? "")?.event(undefined, id ?? "", data);
      listening.accepted = request.headers["accept-encoding"];
      response.end();
    });
    const listening = new ListeningSite(site, heard);
    return listening;
  }

  get url(): string {
    return this.#stub.url;
  }

  stop(): Promise<void> {
    return this.#stub.stop();
  }
}
