/** A plain question to the server, and its own words when it does not answer it. */
import type { Problem } from "./types";

export interface AskOptions {
  signal?: AbortSignal;
  fetch?: typeof fetch;
}

/** The answer's JSON. Rejects with the server's sentence when it refuses. */
export async function ask<T>(
  url: string,
  { signal, fetch = globalThis.fetch }: AskOptions = {},
): Promise<T> {
  const response = await fetch(url, { ...(signal && { signal }) });
  if (!response.ok) throw new Error(await reasonOf(response));
  return (await response.json()) as T;
}

/** Why an answer is no answer, in a sentence for the reader. */
export async function reasonOf(response: Response): Promise<string> {
  const { detail, title } = await problemOf(response);
  return detail ?? title ?? `The server answered with status ${response.status}.`;
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    // A proxy's HTML page, say: the status alone has to do.
    return {};
  }
}
