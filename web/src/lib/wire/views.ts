/**
 * The options of views as the server tells them. Controls are built from these and not from lists of their own,
 * so that they never offer an option that the server refuses.
 */
import { type AskOptions, ask } from "./ask";
import { addressOf, type Server } from "./server";
import type { ColorTable, ThemeName } from "./wire.gen";

/** `GET /views`. */
export interface Views {
  /** Whose bars `served` speaks of. */
  symbol: string | null;
  source: string;
  /** Canonical key of a view without options, less its symbol. */
  defaultKey: string;
  /** The interval and range of a view that names neither; of the symbol, where one was named. */
  usual: Pair;
  options: readonly ViewOption[];
  studies: readonly StudyKind[];
  intervals: readonly IntervalRanges[];
  ranges: readonly { range: string; usualInterval: string }[];
  maxBars: number;
  formats: readonly Offer[];
  colors: Readonly<Record<ThemeName, ColorTable>>;
}

export interface Pair {
  interval: string;
  range: string;
}

export type ViewOption = ChoiceOption | ListOption | ColorsOption;

export interface ChoiceOption {
  kind: "choice";
  name: string;
  about: string;
  default: string;
  values: readonly Offer[];
}

/** Up to `most` of these, each once, joined by commas. */
export interface ListOption {
  kind: "list";
  name: string;
  about: string;
  default: string;
  of: string;
  most: number;
}

/** Pairs of a role and a colour, `up:00695c`, joined by commas. */
export interface ColorsOption {
  kind: "colors";
  name: string;
  about: string;
  default: string;
  roles: readonly Offer[];
}

export interface Offer {
  value: string;
  about: string;
}

export interface StudyKind {
  name: string;
  /** How it is written: `bb:N:K`. */
  form: string;
  about: string;
  parameters: readonly StudyParameter[];
  pane: "price" | "own";
  needsVolume: boolean;
  lines: readonly string[];
}

export interface StudyParameter {
  /** Its letter in the form. */
  name: string;
  about: string;
  min: number;
  max: number;
  step: number;
  default: number;
  /** The name of the parameter that it has to be below. */
  below?: string;
}

export interface IntervalRanges {
  interval: string;
  usualRange: string;
  /** The ranges that a chart of it can have at any source. */
  ranges: readonly string[];
  /** Those that this source has of the symbol; there when one was named. */
  served?: readonly string[];
  /** The parts of a trading day that there are in its bars. */
  sessions: readonly string[];
}

/** What asks for those of a symbol, in the query. */
export const ofSymbol = (symbol: string) => `symbol=${encodeURIComponent(symbol)}`;

/** Asks for the views; a query has their symbol and the colours that they are told in. Rejects as `ask` does. */
export function fetchViews(server: Server, query: string, options?: AskOptions): Promise<Views> {
  return ask(addressOf(server, "/views", new URLSearchParams(query)), options);
}

/** The ranges that can be had with an interval: what the source has, else what any source may have. */
export function rangesOf(views: Views, interval: string): readonly string[] {
  const found = views.intervals.find((candidate) => candidate.interval === interval);
  return found?.served ?? found?.ranges ?? [];
}
