// @vitest-environment happy-dom
import { describe, expect, it, vi } from "vitest";
import { connect } from "../package/index";
import { HERE, type Server } from "../src/lib/wire/server";
import { NO_TICKET, RENEWAL_PAUSE_MS, TicketRenewal } from "../src/lib/wire/ticketRenewal";
import { FakeStream } from "./fakeBrowser";
import { pass } from "./mounted";

const servers = vi.hoisted(() => [] as Server[]);
vi.mock("../src/lib/stream/openStream", async () => {
  const { FakeStream } = await import("./fakeBrowser");
  return {
    openStream: (tell: ConstructorParameters<typeof FakeStream>[0], server: Server) => {
      servers.push(server);
      return new FakeStream(tell);
    },
  };
});

/** A server whose nth ticket is `t<n>` and ends after so many minutes; what is asked for with `bad` is refused. */
function aServer(minutes: (n: number) => number) {
  let given = 0;
  vi.stubGlobal("fetch", async (_: string, { headers }: RequestInit) => {
    if (JSON.stringify(headers).includes("bad")) {
      return Response.json({ detail: "the token is not believed" }, { status: 401 });
    }
    given += 1;
    const ends = new Date(Date.UTC(2026, 2, 2, 15, minutes(given))).toISOString();
    return Response.json({ ticket: `t${given}`, ends });
  });
}

function aRenewal(getToken: (() => string) | null) {
  const onTicket = vi.fn();
  const server = { ...HERE, onTicket };
  return { server, onTicket, renewal: new TicketRenewal(server, { ...NO_TICKET }, () => getToken) };
}

describe("a ticket's renewal", () => {
  it("is told when the next ticket lasts longer, and not when it ends no later", async () => {
    aServer((n) => (n === 3 ? 2 : n));
    const { server, onTicket, renewal } = aRenewal(() => "a");
    for (const _ of [1, 2, 3]) await renewal.renew({ isDue: true });
    expect([server.ticket, onTicket.mock.calls.length]).toEqual(["t3", 2]);
  });

  it("asks for none with a token that it has used, unless it is due", async () => {
    aServer((n) => n);
    const { server, renewal } = aRenewal(() => "a");
    await renewal.renew({ isDue: false });
    await renewal.renew({ isDue: false });
    expect(server.ticket).toBe("t1");
    await renewal.renew({ isDue: true });
    expect(server.ticket).toBe("t2");
  });

  it("after the end of many charts is one, and no other follows at once", async () => {
    aServer((n) => n);
    const { server, renewal } = aRenewal(() => "a");
    await renewal.renew({ isDue: false });
    expect(await renewal.afterEnd()).toBe(false);
    await pass(RENEWAL_PAUSE_MS);
    expect(await Promise.all([renewal.afterEnd(), renewal.afterEnd()])).toEqual([true, true]);
    expect(server.ticket).toBe("t2");
    expect(await renewal.afterEnd()).toBe(false);
  });

  it("that fails says why, and keeps the ticket that there is", async () => {
    aServer((n) => n);
    let token = "a";
    const { server, renewal } = aRenewal(() => token);
    await renewal.renew({ isDue: false });
    token = "bad";
    expect(await renewal.renew({ isDue: true })).toBe(
      "There is no ticket for this chart: the token is not believed",
    );
    expect(server.ticket).toBe("t1");
  });
});

describe("a client of a server that asks for tokens", () => {
  it("tells why there is no ticket, and the next view that is watched tries again", async () => {
    aServer((n) => n);
    let token = "bad";
    const client = connect({ server: "https://charts.example/", getToken: () => token });
    const told: (string | null)[] = [];
    client.watch({ symbol: "AAPL" }, ({ connection, reason }) => told.push(connection, reason));
    await pass();
    const stream = FakeStream.opened.at(-1);
    const words = "There is no ticket for this chart: the token is not believed";
    expect([told, stream?.views]).toEqual([["ended", words], []]);
    token = "good";
    client.watch({ symbol: "MSFT" }, () => {});
    await pass();
    expect(servers.at(-1)?.ticket).toBe("t1");
  });

  it("has the next ticket before one ends, and goes on with another after the stream has ended", async () => {
    aServer((n) => n);
    const client = connect({ server: "https://charts.example", getToken: async () => "a" });
    client.watch({ symbol: "AAPL" }, () => {});
    await pass();
    const [stream, server] = [FakeStream.opened.at(-1), servers.at(-1)];
    server?.onEnding?.();
    await pass();
    expect(server?.ticket).toBe("t2");
    await pass(RENEWAL_PAUSE_MS);
    const key = stream?.views[0] ?? "";
    stream?.tell({ kind: "ended", key, reason: "the ticket ended", about: "view" });
    await pass();
    expect([server?.ticket, stream?.retried]).toEqual(["t3", [key]]);
  });
});
