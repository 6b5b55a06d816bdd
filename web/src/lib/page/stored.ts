/**
 * Values that this browser keeps for the page. Storage may be forbidden or full; a value then lasts as long as
 * the page does.
 */
export function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Null takes it away. */
export function store(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // The component that shows the value still has it.
  }
}
