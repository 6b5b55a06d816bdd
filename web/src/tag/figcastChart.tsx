/**
 * `<figcast-chart>`: a live chart as an element of any page. It draws in a shadow tree of its own, takes its chart
 * from its attributes while they change, and lets go of all that it holds when it is taken out of the page.
 */
import { createRoot, type Root } from "react-dom/client";
import { ChartMessage } from "../components/ChartMessage";
import { type GetToken, TicketRenewal } from "../lib/wire/ticketRenewal";
import { ATTRIBUTES, readTag } from "./attributes";
import { HOME } from "./home";
import { tagSheet } from "./sheet";
import { type Supply, supplyOf } from "./supply";
import { TagChart } from "./TagChart";
import type { Tell } from "./useTellings";

const NO_SERVER =
  'The tag does not know its server. It is written as <figcast-chart server="https://charts.example">.';

export class FigcastChart extends HTMLElement {
  static readonly observedAttributes: readonly string[] = ATTRIBUTES;

  /** Has the page's colour scheme, which the frame has not. */
  readonly #probe = document.createElement("div");
  readonly #frame = document.createElement("div");
  #root: Root | null = null;
  #getToken: GetToken | null = null;
  #renewal: TicketRenewal | null = null;
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

  /** Has a ticket for the token of the tag, if it has one, before the first request. */
  async #enter(): Promise<void> {
    if (!this.isConnected) return;
    const supply = this.#supply;
    if (supply === null || this.#tokens === null) {
      this.#renewal = null;
      this.#entry = { problem: null };
    } else {
      // A chart that is there stays while its ticket is renewed.
      if (supply.server.ticket === null) this.#entry = null;
      const renewal = new TicketRenewal(supply.server, supply.held, () => this.#tokens);
      this.#renewal = renewal;
      supply.server.onEnding = () => void renewal.renew({ isDue: true });
      this.#entry = { problem: await renewal.renew({ isDue: false }) };
    }
    this.#render();
  }

  /** Where tokens come from: the attribute, else the callback. */
  get #tokens(): GetToken | null {
    const token = this.getAttribute("token");
    return token === null ? this.#getToken : () => token;
  }

  readonly #onEnded = async (retry: () => void): Promise<void> => {
    if (await this.#renewal?.afterEnd()) retry();
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
