import { describe, expect, it, vi } from "vitest";
import { fetchTicket } from "../src/lib/wire/ticket";

const answering = (status: number, body: object) =>
  vi.fn(async () => new Response(JSON.stringify(body), { status }));

describe("a ticket", () => {
  it("is had for a token, which stands in a header and in no address", async () => {
    const fetch = answering(200, { ticket: "t", ends: "2026-03-02T15:00:00Z" });
    const ticket = await fetchTicket("https://charts.example", "a.b.c", fetch);
    expect(ticket).toEqual({ ticket: "t", ends: Date.UTC(2026, 2, 2, 15) });
    const [url, { method, headers }] = fetch.mock.calls[0] as unknown as [string, RequestInit];
    expect([url, method]).toEqual(["https://charts.example/ticket", "POST"]);
    expect(headers).toEqual({ authorization: "Bearer a.b.c" });
  });

  it("is not needed where nobody is asked for a token", async () => {
    expect((await fetchTicket("", "a.b.c", answering(404, {}))).ticket).toBe(null);
  });

  it("is refused in the server's words", async () => {
    const refusing = answering(401, { detail: "the token ended" });
    await expect(fetchTicket("", "a.b.c", refusing)).rejects.toThrow("the token ended");
  });
});
