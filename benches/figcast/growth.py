"""Draws the CSV file of `growth`: CPU and memory against whatever grew."""

import csv
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "figcast", "svg.fonttype": "none", "font.size": 9})
matplotlib.rcParams.update({"axes.grid": True, "grid.alpha": 0.3})
import matplotlib.pyplot as plt

AXES = {
    "subscribers": ("subscribers", "subscribers of one view, an update a second"),
    "views": ("views", "views of as many symbols, 1,000 subscribers in all"),
    "updates": ("updates_per_second", "updates a second, 1,000 subscribers"),
}

source, target = sys.argv[1:]
with open(source) as file:
    rows = list(csv.DictReader(file))
drawn = [axis for axis in AXES if any(row["axis"] == axis for row in rows)]
figure, plots = plt.subplots(2, len(drawn), figsize=(4 * len(drawn), 5.5), squeeze=False)
for column, axis in enumerate(drawn):
    key, label = AXES[axis]
    points = sorted((row for row in rows if row["axis"] == axis), key=lambda row: float(row[key]))
    x = [float(row[key]) for row in points]
    cores, memory = plots[0][column], plots[1][column]
    cores.plot(x, [100 * float(row["core_share"]) for row in points], "o-", color="#1f77b4")
    memory.plot(x, [float(row["mib"]) for row in points], "o-", color="#d62728")
    memory.set_xlabel(label)
    for plot in cores, memory:
        plot.set_xlim(left=0)
        plot.set_ylim(0, 1.1 * plot.get_ylim()[1])
        plot.locator_params(axis="x", nbins=5)
plots[0][0].set_ylabel("percent of a core")
plots[1][0].set_ylabel("MiB more resident memory")
figure.tight_layout()
figure.savefig(target, metadata={"Date": None})
