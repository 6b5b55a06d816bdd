/** The figure in Python: what a notebook does with it. */
import { describe, expect } from "vitest";
import { Child } from "./support/children.ts";
import { test } from "./support/fixtures.ts";
import { everyFigure, KINDS, UNHURRIED } from "./support/matrix.ts";
import { PYTHON, PYTHON_TIMEOUT, preparePython } from "./support/python.ts";

const READ = `
import json, sys, urllib.request
import plotly.graph_objects as go
import plotly.io as pio

def text(url):
    try:
        return urllib.request.urlopen(url).read().decode()
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{url}: {error.read().decode()}")
`;

const READ_ONE = `${READ}
text = text(sys.argv[1])
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

const READ_ALL = `${READ}
server, *paths = sys.argv[1:]
for path in paths:
    spec = json.loads(text(server + path))
    try:
        figure = pio.from_json(json.dumps(spec), skip_invalid=False)
    except ValueError as error:
        raise SystemExit(f"{path}: {error}")
    assert [trace.uid for trace in figure.data] == [trace["uid"] for trace in spec["data"]], path
    assert all(trace.x is not None for trace in figure.data) or "chart=spark" in path, path
print(len(paths))
`;

describe("plotly.py", { timeout: PYTHON_TIMEOUT }, () => {
  test("takes the figure as it is and finds every attribute valid", async ({ server, skip }) => {
    const obstacle = await preparePython();
    if (obstacle !== null) console.log(`skipped: ${obstacle}`);
    skip(obstacle !== null, obstacle ?? "");
    for (const query of ["", "?theme=light&interval=1m&range=5d"]) {
      const child = new Child(PYTHON, ["-c", READ_ONE, `${server.url}/figure/AAPL${query}`]);
      expect(await child.exited(), child.stderr).toBe(0);
      expect(child.stdout.trim()).toBe(`${query === "" ? 390 : 1950} AAPL`);
    }
  });

  test.for(KINDS)(
    "takes every kind of figure of %s bars",
    async ([, symbols, args], { skip, start }) => {
      const obstacle = await preparePython();
      skip(obstacle !== null, obstacle ?? "");
      const { url } = await start({ args, env: UNHURRIED });
      const paths = await everyFigure(url, symbols);
      const child = new Child(PYTHON, ["-c", READ_ALL, url, ...paths]);
      expect(await child.exited(), child.stderr).toBe(0);
      expect(child.stdout.trim()).toBe(`${paths.length}`);
    },
  );
});
