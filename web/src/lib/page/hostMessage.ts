/**
 * What the page around a frame asks of its chart by `postMessage`, as another address of the same page. Pure.
 *
 * `{ type: "figcast:set", symbol: "MSFT", theme: "light" }` changes what it names; null takes a choice back.
 */
import { chartPath, parseSymbol } from "../wire/symbol";
import { readAddress, writeAddress } from "./pageChoice";

const SET = "figcast:set";

/** Parts of the address that a host may set, besides the symbol. */
const SETTABLE = [
  ...["theme", "palette", "zone", "interval", "range", "session"],
  ...["chart", "studies", "compare", "scale", "window", "colors"],
] as const;

export type Asked = { ok: true; address: string } | { ok: false; message: string };

/** The address that a message asks for, beginning at the one that is shown; null where it is no message of ours. */
export function askedAddress(message: unknown, shown: URL): Asked | null {
  if (typeof message !== "object" || message === null) return null;
  const { type, symbol, ...options } = message as Record<string, unknown>;
  if (type !== SET) return null;
  const query = new URLSearchParams(shown.search);
  for (const [name, value] of Object.entries(options)) {
    if (!SETTABLE.some((known) => known === name)) {
      return no(`"${name.slice(0, 40)}" cannot be set: there are symbol, ${SETTABLE.join(", ")}.`);
    }
    if (value === null) query.delete(name);
    else if (typeof value === "string") query.set(name, value);
    else return no(`${name} is a text, or null.`);
  }
  let path = shown.pathname;
  if (symbol !== undefined) {
    const parsed = parseSymbol(typeof symbol === "string" ? symbol : "");
    if (!parsed.ok) return no(parsed.message);
    path = chartPath(parsed.symbol);
  }
  const page = readAddress(path, `?${query}`);
  if (page.problem !== null) return no(page.problem);
  // What a choice does not know it leaves out, and so would keep silent about.
  for (const name of ["theme", "palette", "zone"] as const) {
    const asked = options[name];
    if (typeof asked === "string" && !isTaken(page[name], asked)) {
      return no(`${name} cannot be "${asked.slice(0, 40)}".`);
    }
  }
  return { ok: true, address: writeAddress(page) };
}

const isTaken = (taken: string | null, asked: string) => taken === asked;

const no = (message: string): Asked => ({ ok: false, message });
