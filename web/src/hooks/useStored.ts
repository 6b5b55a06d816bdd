/** Yes or no, remembered by this browser. */
import { useCallback, useState } from "react";
import { store, stored } from "../lib/page/stored";

export function useStored(key: string, usually: boolean): [boolean, (value: boolean) => void] {
  const [value, setValue] = useState(() => {
    const text = stored(key);
    return text === null ? usually : text === "true";
  });
  const set = useCallback(
    (next: boolean) => {
      setValue(next);
      store(key, String(next));
    },
    [key],
  );
  return [value, set];
}
