/**
 * Why a stream was refused. An EventSource hides the answer's status and body, so the page asks the
 * same question once as a plain request.
 */
import type { Problem } from "./types";

/** Client errors that time alone can mend. */
const PASSING = new Set([408, 425, 429]);

/** A sentence for the reader when the refusal is final, or null when trying again may help. */
export async function closeReason(response: Response): Promise<string | null> {
  const { status } = response;
  if (status < 400 || status >= 500 || PASSING.has(status)) return null;
  const problem = await readProblem(response);
  return problem.detail ?? problem.title ?? `The server answered with status ${status}.`;
}

async function readProblem(response: Response): Promise<Problem> {
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    // A proxy's HTML page, say: the status alone has to do.
    return {};
  }
}
