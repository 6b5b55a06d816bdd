/** The grammar of symbols, and their way into an address and back. */
import { HERE } from "./server";

export const QUICK_SYMBOLS = ["AAPL", "MSFT", "NVDA", "BTC-USD", "EURUSD=X", "^GSPC"] as const;
/** Of a symbol without a source before it. */
export const MAX_TICKER_LENGTH = 32;

/** The server's grammar; what fails here would be answered with 400. */
const GRAMMAR =
  /^(?:[A-Z][A-Z0-9]{0,15}:)?\^?[A-Z0-9](?:[A-Z0-9]|[.\-_&][A-Z0-9])*(?:=[A-Z]{1,3})?$/;

export type ParsedSymbol = { ok: true; symbol: string } | { ok: false; message: string };

export function parseSymbol(typed: string): ParsedSymbol {
  const symbol = typed.trim().toUpperCase();
  if (symbol === "") return { ok: false, message: "Type a symbol, such as AAPL." };
  const ticker = symbol.slice(symbol.indexOf(":") + 1);
  if (ticker.length > MAX_TICKER_LENGTH) {
    return { ok: false, message: `A symbol has at most ${MAX_TICKER_LENGTH} characters.` };
  }
  if (!GRAMMAR.test(symbol)) {
    return {
      ok: false,
      message: `“${symbol}” is not a symbol. Try AAPL, BRK-B, EURUSD=X or ^GSPC.`,
    };
  }
  return { ok: true, symbol };
}

/** `=`, `&` and `:` are legal in a path and read better unescaped. */
export function encodeSymbol(symbol: string): string {
  return encodeURIComponent(symbol).replace(/%3D|%26|%3A/g, decodeURIComponent);
}

export function chartPath(symbol: string): string {
  return `${HERE.base}/chart/${encodeSymbol(symbol)}`;
}

/** The symbol an address stands for; anything but a chart's address means `otherwise`. */
export function symbolFromPath(path: string, otherwise: string): ParsedSymbol {
  const own = path.startsWith(HERE.base) ? path.slice(HERE.base.length) : "";
  const raw = /^\/chart\/([^/]+)\/?$/.exec(own)?.[1];
  if (raw === undefined) return { ok: true, symbol: otherwise };
  try {
    return parseSymbol(decodeURIComponent(raw));
  } catch {
    return { ok: false, message: "This address does not hold a symbol." };
  }
}
