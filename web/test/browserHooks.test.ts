// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { useNow } from "../src/hooks/useNow";
import { useShelf } from "../src/hooks/useShelf";
import { useStored } from "../src/hooks/useStored";
import { useTheme } from "../src/hooks/useTheme";
import { changeShelf, withStar } from "../src/lib/page/shelf";
import type { ThemeChoice } from "../src/lib/page/theme";
import { QUICK_SYMBOLS } from "../src/lib/wire/symbol";
import { act, pass, renderHook } from "./mounted";

/** The system's theme, which is asked for when the page is loaded. */
const system = vi.hoisted(() => {
  const target = Object.assign(new EventTarget(), { matches: false });
  globalThis.matchMedia = () => target as unknown as MediaQueryList;
  return target;
});

function turnSystem(dark: boolean): void {
  system.matches = dark;
  system.dispatchEvent(new Event("change"));
}

/** As where the reader has forbidden it. */
function forbidStorage(): void {
  const refuse = () => {
    throw new DOMException("The operation is insecure.", "SecurityError");
  };
  vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse, removeItem: refuse });
}

beforeEach(() => {
  localStorage.clear();
  turnSystem(false);
});

describe("a yes or no", () => {
  const stored = (usually = true) => renderHook(() => useStored("figcast.some", usually)).result;

  it("is as usual until it is said otherwise", () => {
    expect(stored(true).current[0]).toBe(true);
    expect(stored(false).current[0]).toBe(false);
  });

  it("is remembered by this browser", () => {
    const first = stored();
    act(() => first.current[1](false));
    expect(first.current[0]).toBe(false);
    expect(stored().current[0]).toBe(false);
    act(() => first.current[1](true));
    expect(stored(false).current[0]).toBe(true);
  });

  it("lasts as long as the page where nothing may be stored", () => {
    forbidStorage();
    const only = stored();
    act(() => only.current[1](false));
    expect(only.current[0]).toBe(false);
    expect(stored().current[0]).toBe(true);
  });
});

describe("the theme", () => {
  function theme(said: ThemeChoice | null = null) {
    const change = vi.fn();
    const { result, rerender } = renderHook(({ said }) => useTheme(said, change), {
      initialProps: { said },
    });
    return { now: () => result.current, rerender, change };
  }
  const shown = () => document.documentElement.dataset.theme;

  it("is the system's, also when that changes", () => {
    const { now } = theme();
    expect(now()).toMatchObject({ choice: "system", theme: "light" });
    act(() => turnSystem(true));
    expect(now().theme).toBe("dark");
    expect(shown(), "the style sheet follows by itself").toBeUndefined();
  });

  it("is what the reader has chosen, here and from then on", () => {
    const { now, change } = theme();
    act(() => now().choose("dark"));
    expect(now()).toMatchObject({ choice: "dark", theme: "dark" });
    expect(change).toHaveBeenLastCalledWith({ theme: "dark" });
    expect(shown()).toBe("dark");
    expect(theme().now().theme).toBe("dark");
  });

  it("goes back to the system's, and out of the address", () => {
    const { now, change } = theme();
    act(() => now().choose("dark"));
    act(() => now().choose("system"));
    expect(now()).toMatchObject({ choice: "system", theme: "light" });
    expect(change).toHaveBeenLastCalledWith({ theme: null });
    expect(shown()).toBeUndefined();
    expect(theme().now().choice).toBe("system");
  });

  it("of the address comes before the reader's own, and is not remembered", () => {
    const { now, rerender } = theme("light");
    act(() => now().choose("dark"));
    expect(now().theme).toBe("light");
    expect(shown()).toBe("light");
    rerender({ said: null });
    expect(now().theme).toBe("dark");
    const linked = theme("light");
    linked.rerender({ said: null });
    expect(linked.now().theme).toBe("dark");
  });

  it("is the system's where nothing may be stored, or nonsense is", () => {
    localStorage.setItem("figcast.theme", "pink");
    expect(theme().now().choice).toBe("system");
    forbidStorage();
    const { now } = theme();
    act(() => now().choose("dark"));
    expect(now().theme).toBe("dark");
  });
});

describe("the shelf", () => {
  /** Another tab has written it. */
  const fromAnotherTab = (text: string | null) =>
    act(() => {
      if (text === null) localStorage.clear();
      else localStorage.setItem("figcast.shelf", text);
      dispatchEvent(new StorageEvent("storage", { key: "figcast.shelf" }));
    });
  const shelf = () => renderHook(() => useShelf()).result;

  it("is the same in every component, and in the next page", () => {
    const [one, two] = [shelf(), shelf()];
    fromAnotherTab(null);
    expect(one.current.favourites).toEqual(QUICK_SYMBOLS);
    act(() => changeShelf((shelf) => withStar(shelf, "TSLA")));
    expect(one.current.favourites).toContain("TSLA");
    expect(two.current).toBe(one.current);
    expect(localStorage.getItem("figcast.shelf")).toContain("TSLA");
  });

  it("is the same in every tab", () => {
    const here = shelf();
    fromAnotherTab('{"favourites":["IBM"],"recent":[]}');
    expect(here.current.favourites).toEqual(["IBM"]);
    localStorage.setItem("figcast.shelf", '{"favourites":[],"recent":[]}');
    act(() => void dispatchEvent(new StorageEvent("storage", { key: "another site's" })));
    expect(here.current.favourites).toEqual(["IBM"]);
  });
});

describe("the present", () => {
  it("is told once a beat, until nobody looks", async () => {
    const start = Date.now();
    const { result, unmount } = renderHook(() => useNow(1_000));
    expect(result.current).toBe(start);
    await pass(999);
    expect(result.current).toBe(start);
    await pass(1);
    expect(result.current).toBe(start + 1_000);
    await pass(5_000);
    expect(result.current).toBe(start + 6_000);
    unmount();
    expect(vi.getTimerCount()).toBe(0);
  });
});
