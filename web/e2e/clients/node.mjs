/**
 * Clients of a stream in JavaScript, for Node, Deno and Bun: `node.mjs URL WAY:CODING ..`. Each tells on
 * stdout, a line of JSON at a time, what it hears and how it ends; what it is asked to read it decodes
 * with its library's own means.
 */
import http from "node:http";
import zlib from "node:zlib";

const [url, ...asked] = process.argv.slice(2);

function reporter(client) {
  const tell = (fact) => process.stdout.write(`${JSON.stringify({ client, ...fact })}\n`);
  return {
    opened: (coding) => tell({ opened: coding ?? "identity" }),
    bytes: (bytes) => tell({ base64: Buffer.from(bytes).toString("base64") }),
    /** Of a library that reads events: the event in the form of the stream. */
    event: (type, id, data) => {
      // What any page does with a message; it throws where the library makes one of nothing.
      if (type === "message") JSON.parse(data);
      const name = type === "message" ? "" : `event: ${type}\n`;
      const block = `${id ? `id: ${id}\n` : ""}${name}data: ${data}\n\n`;
      tell({ base64: Buffer.from(block).toString("base64") });
    },
    ended: (error) => {
      if (error === undefined) return tell({ ended: "" });
      const { cause = error } = error;
      return tell({ ended: String(cause?.code ?? cause?.message ?? error.message) });
    },
  };
}

const accepting = (coding) => ({ "accept-encoding": coding });

const WAYS = {
  async fetch(coding, told) {
    const response = await fetch(url, { headers: accepting(coding) });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    told.opened(response.headers.get("content-encoding"));
    for await (const piece of response.body) told.bytes(piece);
  },

  async http(coding, told) {
    const response = await new Promise((resolve, reject) => {
      http.get(url, { headers: accepting(coding) }, resolve).on("error", reject);
    });
    told.opened(response.headers["content-encoding"]);
    const decoder = { gzip: zlib.createGunzip, zstd: zlib.createZstdDecompress }[coding]?.();
    const decoded = decoder === undefined ? response : response.pipe(decoder);
    response.on("error", (error) => decoded.destroy(error));
    for await (const piece of decoded) told.bytes(piece);
  },

  async got(coding, told) {
    const { default: got } = await import("got");
    const stream = got.stream(url, { headers: accepting(coding), retry: { limit: 0 } });
    stream.on("response", ({ headers }) => told.opened(headers["content-encoding"] ?? coding));
    for await (const piece of stream) told.bytes(piece);
  },

  async undici(coding, told) {
    const { Agent, interceptors, request } = await import("undici");
    const dispatcher = new Agent().compose(interceptors.decompress());
    const { body } = await request(url, { headers: accepting(coding), dispatcher });
    told.opened(coding);
    for await (const piece of body) told.bytes(piece);
  },

  async eventsource(coding, told) {
    const { EventSource } = await import("eventsource");
    const source = new EventSource(url, {
      fetch: async (address, init) => {
        const headers = { ...init.headers, ...accepting(coding) };
        const response = await fetch(address, { ...init, headers });
        told.opened(response.headers.get("content-encoding"));
        return response;
      },
    });
    for (const type of ["message", "status", "views"]) {
      source.addEventListener(type, (event) => told.event(type, event.lastEventId, event.data));
    }
    await new Promise((resolve) => source.addEventListener("error", resolve));
  },

  async "fetch-event-source"(coding, told) {
    // It was made for browsers, and hides from pages that nobody sees.
    globalThis.window ??= globalThis;
    globalThis.document ??= { hidden: false, addEventListener() {}, removeEventListener() {} };
    const { fetchEventSource } = await import("@microsoft/fetch-event-source");
    await fetchEventSource(url, {
      headers: accepting(coding),
      openWhenHidden: true,
      onopen: async (response) => told.opened(response.headers.get("content-encoding")),
      onmessage: ({ event, id, data }) => told.event(event || "message", id, data),
    });
  },
};

for (const client of asked) {
  const [way, coding] = client.split(":");
  const told = reporter(client);
  WAYS[way](coding, told).then(() => told.ended(), told.ended);
}
