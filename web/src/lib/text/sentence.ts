/** A message of the server as a sentence: its messages end where the next word begins. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
