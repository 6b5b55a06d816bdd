/**
 * `<figcast-chart>`: a live chart as an element of any page. It draws in a shadow tree of its own, takes its chart
 * from its attributes while they change, and lets go of all that it holds when it is taken out of the page.
 */
import { createRoot, type Root } from "react-dom/client";
import { ChartMessage } from "../components/ChartMessage";
import { ATTRIBUTES, readTag } from "./attributes";
import { HOME } from "./home";
import { tagSheet } from "./sheet";
import { type Supply, supplyOf } from "./supply";
import { TagChart } from "./TagChart";
import type { Tell } from "./useTellings";

/** Asked for a token: before the first request, and when the server no longer takes the one it has. */
export type GetToken = () => string | Promise<string>;

/** A server that takes no token is not asked about each one at once. */
const RENEWAL_PAUSE_MS = 30_000;

const NO_SERVER =
  'The tag does not know its server. It is written as <figcast-chart server="https://charts.example">.';

export class FigcastChart extends HTMLElement {
  static readonly observedAttributes: readonly string[] = ATTRIBUTES;

  /** Has the page's colour scheme, which the frame has not. */
  readonly #probe = document.createElement("div");
  readonly #frame = document.createElement("div");
  #root: Root | null = null;
  #getToken: GetToken | null = null;
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** Says how the token was had; null before that. */
  #entry: { problem: string | null } | null = null;

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [tagSheet()];
    this.#probe.className = "probe";
    this.#frame.className = "tag";
    this.#frame.dataset.embed = "";
    shadow.append(this.#probe, this.#frame);
    // Given by the page before its script of tags was there.
    const early = Object.getOwnPropertyDescriptor(this, "getToken");
    if (early === undefined) return;
    Reflect.deleteProperty(this, "getToken");
    this.#getToken = early.value;
  }

  get getToken(): GetToken | null {
    return this.#getToken;
  }

  set getToken(getToken: GetToken | null) {
    this.#getToken = getToken;
    this.#enter();
  }

  connectedCallback(): void {
    this.#enter();
  }

  attributeChangedCallback(name: string): void {
    if (name === "token" || name === "server") this.#enter();
    else this.#render();
  }

  disconnectedCallback(): void {
    // Moved within the page it keeps its chart.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#root?.unmount();
      this.#root = null;
    });
  }

  /** Has the token of the tag, if it has one, before the first request. */
  async #enter(): Promise<void> {
    if (!this.isConnected) return;
    const token = this.getAttribute("token");
    const { server } = this.#supply ?? {};
    if (server !== undefined && token !== null) server.token = token;
    if (server === undefined || token !== null || this.#getToken === null) {
      this.#entry = { problem: null };
    } else {
      this.#entry = null;
      this.#entry = { problem: await this.#renew(this.#getToken) };
    }
    this.#render();
  }

  /** Answers why there is no token. */
  async #renew(getToken: GetToken): Promise<string | null> {
    const { server } = this.#supply ?? {};
    this.#renewedAt = Date.now();
    try {
      const token = await getToken();
      if (server !== undefined) server.token = token;
      return null;
    } catch (error) {
      return `There is no token for this chart: ${error instanceof Error ? error.message : error}`;
    }
  }

  readonly #onEnded = async (retry: () => void): Promise<void> => {
    const isSoon = Date.now() - this.#renewedAt < RENEWAL_PAUSE_MS;
    if (this.#getToken === null || isSoon) return;
    if ((await this.#renew(this.#getToken)) === null) retry();
  };

  get #supply(): Supply | null {
    const address = this.getAttribute("server") ?? HOME;
    return address === null ? null : supplyOf(address);
  }

  #render(): void {
    if (!this.isConnected || this.#entry === null) return;
    this.#root ??= createRoot(this.#frame);
    const supply = this.#supply;
    const read = readTag((name) => this.getAttribute(name));
    const problem =
      this.#entry.problem ?? (supply === null ? NO_SERVER : read.ok ? null : read.problem);
    if (problem !== null || supply === null || !read.ok) {
      this.#refuse(problem ?? NO_SERVER);
      return;
    }
    this.#root.render(
      <TagChart
        choice={read.choice}
        supply={supply}
        probe={this.#probe}
        frame={this.#frame}
        tell={this.#tell}
        onEnded={this.#onEnded}
      />,
    );
  }

  #refuse(problem: string): void {
    this.#root?.render(
      <div className="cell">
        <ChartMessage kind="failed" title="No chart" detail={problem} />
      </div>,
    );
    this.#tell("figcast:error", { symbol: this.getAttribute("symbol"), message: problem });
  }

  readonly #tell: Tell = (name, detail) => {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  };
}
