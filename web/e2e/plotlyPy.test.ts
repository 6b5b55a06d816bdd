/** The figure in Python: what a notebook does with it. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { Child } from "./support/children.ts";
import { test } from "./support/fixtures.ts";

const VERSION = "7.1.0";
const ENVIRONMENT = fileURLToPath(new URL("../node_modules/.cache/plotly-py", import.meta.url));
const PYTHON = `${ENVIRONMENT}/bin/python`;

async function succeeds(command: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Child(command, args).exited()) === 0;
  } catch {
    return false;
  }
}

/** Why it cannot be tested here, or null. Made once, then kept. */
async function prepare(): Promise<string | null> {
  const isThere = `import plotly; assert plotly.__version__ == "${VERSION}"`;
  if (existsSync(PYTHON) && (await succeeds(PYTHON, "-c", isThere))) return null;
  if (!(await succeeds("python3", "-m", "venv", "--clear", ENVIRONMENT))) {
    return "python3 with venv and pip is not here";
  }
  const installed = await succeeds(PYTHON, "-m", "pip", "install", "--quiet", `plotly==${VERSION}`);
  return installed ? null : "pip cannot install plotly here";
}

const READ = `
import json, sys, urllib.request
import plotly.graph_objects as go
import plotly.io as pio

text = urllib.request.urlopen(sys.argv[1]).read().decode()
figure = pio.from_json(text, skip_invalid=False)
spec = json.loads(text)
assert go.Figure(spec) == figure
assert go.Figure(data=spec["data"], layout=spec["layout"]) == figure
spec["layout"]["xaxis"]["rangeslider"]["visibel"] = True
try:
    pio.from_json(json.dumps(spec), skip_invalid=False)
    raise SystemExit("an attribute that does not exist was taken")
except ValueError:
    pass
print(len(figure.data[1].x), figure.layout.meta["instrument"]["symbol"])
`;

test("plotly.py takes the figure as it is and finds every attribute valid", async ({
  server,
  skip,
}) => {
  const obstacle = await prepare();
  if (obstacle !== null) console.log(`skipped: ${obstacle}`);
  skip(obstacle !== null, obstacle ?? "");
  for (const query of ["", "?theme=light&interval=1m&range=5d"]) {
    const child = new Child(PYTHON, ["-c", READ, `${server.url}/figure/AAPL${query}`]);
    expect(await child.exited(), child.stderr).toBe(0);
    expect(child.stdout.trim()).toBe(`${query === "" ? 390 : 1950} AAPL`);
  }
}, 180_000);
