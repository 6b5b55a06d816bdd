/** Yes or no, remembered by this browser. */
import { useCallback, useState } from "react";

export function useStored(key: string, usually: boolean): [boolean, (value: boolean) => void] {
  const [value, setValue] = useState(() => {
    try {
      const stored = localStorage.getItem(key);
      return stored === null ? usually : stored === "true";
    } catch {
      return usually;
    }
  });
  const set = useCallback(
    (next: boolean) => {
      setValue(next);
      try {
        localStorage.setItem(key, String(next));
      } catch {
        // It then lasts as long as the page.
      }
    },
    [key],
  );
  return [value, set];
}
