/** The page as people see it: docs/screenshots. */
import { mkdirSync } from "node:fs";
import { withFigcast } from "./figcast.mjs";

const FOLDER = "../docs/screenshots";
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

const SCREENS = [
  { name: "desktop-dark", path: "/chart/AAPL", viewport: DESKTOP, colorScheme: "dark" },
  { name: "desktop-light", path: "/chart/AAPL", viewport: DESKTOP, colorScheme: "light" },
  { name: "mobile", path: "/chart/BTC-USD", viewport: PHONE, colorScheme: "dark" },
  { name: "not-found", path: "/chart/NOPE", viewport: DESKTOP, colorScheme: "dark" },
];

mkdirSync(FOLDER, { recursive: true });
await withFigcast(async (url, browser) => {
  for (const { name, path, ...look } of SCREENS) {
    const context = await browser.newContext(look);
    const page = await context.newPage();
    await page.goto(url + path);
    await page.locator("[data-testid=panel]:not([data-state=loading])").waitFor();
    await page.screenshot({ path: `${FOLDER}/${name}.png` });
    await context.close();
  }
});
