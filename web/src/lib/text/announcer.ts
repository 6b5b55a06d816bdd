/**
 * The sentences that a screen reader speaks unasked: at most two per minute, and only changed ones. Moves of the
 * cursor are answered at once, elsewhere.
 */
export const ANNOUNCE_EVERY_MS = 30_000;

export interface Announced {
  text: string;
  at: number;
}

export function nextAnnouncement(
  last: Announced | null,
  text: string,
  now: number,
): Announced | null {
  if (last === null) return { text, at: now };
  return text === last.text || now - last.at < ANNOUNCE_EVERY_MS ? last : { text, at: now };
}
