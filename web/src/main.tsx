/** The start of the page: its styles, and React in the place that index.html has for it. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./components/App";
import { learnPopular } from "./lib/page/popular";
import { HERE } from "./lib/wire/server";
import "./styles/tokens.css";
import "./styles/document.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/dialog.css";
import "./styles/header.css";
import "./styles/page.css";
import "./styles/quote.css";
import "./styles/chart.css";
import "./styles/overlay.css";
import "./styles/notice.css";
import "./styles/tools.css";
import "./styles/plain.css";
import "./styles/fold.css";
import "./styles/embed.css";
import "./styles/short.css";
import "./styles/forced.css";
import "./styles/print.css";

// The icon lies where the server's paths begin.
const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
if (icon !== null) {
  HERE.base = new URL(".", icon.href).pathname.slice(0, -1);
  // The page takes other addresses, and its icon stays where it is.
  icon.href = String(icon.href);
}

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
const page = createRoot(root);
// Not awaited: the bundler would put what the chunks share into a file of its own.
void learnPopular().then(() =>
  page.render(
    <StrictMode>
      <App />
    </StrictMode>,
  ),
);
