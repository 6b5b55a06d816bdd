/**
 * The key by which the page asks for a view and waits for its figures. Two spellings of the same view have one
 * key, so that charts share it. The server has a key of its own and says which belongs to which.
 */
import { DEFAULTS, USUAL_STUDIES } from "./wire.gen";

/** What a chart shows, as far as the server draws it. Null is the server's default. */
export interface ViewChoice {
  symbol: string;
  interval: string | null;
  range: string | null;
  /** Part of the trading day. */
  session: string | null;
  chart: string | null;
  studies: readonly string[];
  compare: readonly string[];
}

/** A symbol and its options as they are written, `EURUSD=X;compare=JPY=X`. */
export function splitKey(key: string): { symbol: string; options: [string, string][] } {
  const [symbol = "", ...parts] = key.split(";");
  const options = parts.map((part): [string, string] => {
    const [name = ""] = part.split("=", 1);
    return [name, part.slice(name.length + 1)];
  });
  return { symbol, options };
}

export function parseKey(key: string): ViewChoice {
  const { symbol, options } = splitKey(key);
  const given = new Map(options);
  return choiceOf(symbol, (name) => given.get(name) ?? null);
}

export function choiceOf(symbol: string, option: (name: string) => string | null): ViewChoice {
  return {
    symbol: symbol.toUpperCase(),
    interval: option("interval"),
    range: option("range"),
    session: option("session"),
    chart: option("chart"),
    studies: list(option("studies")).map(wholeStudy),
    // The server's order: by code point.
    compare: list(option("compare")?.toUpperCase() ?? null).toSorted((a, b) => (a < b ? -1 : 1)),
  };
}

/**
 * The key of a view. An interval or a range that the reader did not choose is not in it: it fits what the source has
 * of the symbol, which is for the server to say. Theme, palette and scale are the page's own affair:
 * everybody asks for the same.
 */
export function viewKey(choice: ViewChoice): string {
  const options = {
    interval: choice.interval ?? "",
    range: choice.range ?? "",
    session: choice.session ?? usual("session"),
    chart: choice.chart ?? usual("chart"),
    studies: choice.studies.join(","),
    compare: choice.compare.join(","),
    theme: usual("theme"),
    palette: usual("palette"),
    scale: usual("scale"),
  };
  const spelled = Object.entries(options).filter(([, value]) => value !== "");
  return [choice.symbol, ...spelled.map(([name, value]) => `${name}=${value}`)].join(";");
}

export function symbolOf(key: string): string {
  return key.split(";", 1)[0] ?? key;
}

/** `bb:30` is `bb:30:2`, and `bb:30:2.50` is `bb:30:2.5`. What is no study is left for the server. */
function wholeStudy(text: string): string {
  const given = text.split(":");
  const whole = USUAL_STUDIES[given[0] ?? ""]?.split(":");
  if (whole === undefined || given.length > whole.length) return text;
  const spelled = whole.map((usually, index) => {
    const said = given[index];
    if (said === undefined) return usually;
    return /^\d+(\.\d+)?$/.test(said) ? String(Number(said)) : said;
  });
  return spelled.join(":");
}

function list(text: string | null): string[] {
  return (text ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

function usual(option: string): string {
  return DEFAULTS[option] ?? "";
}
