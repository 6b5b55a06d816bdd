"""Builds the mountain with plotly.py and times bars to JSON.

Input: a list of figcast's figures. Their options are used as they stand, their columns become a
pandas frame as the original had one. Output: medians in microseconds of this process's own CPU time,
so that waiting for other programs does not count.
"""

import json
import sys
import time

import pandas as pd
import plotly
import plotly.graph_objects as go


def series(figure):
    """The closes as the original held them: a frame with an index in the exchange's zone."""
    price = figure["data"][1]
    index = pd.DatetimeIndex(pd.to_datetime(price["x"], utc=True)).tz_convert("America/New_York")
    return pd.DataFrame({"Close": price["y"]}, index=index)


def options(figure):
    """Everything but the data, without what only figcast needs."""
    baseline, price = ({**trace} for trace in figure["data"])
    layout = {**figure["layout"]}
    for trace in (baseline, price):
        del trace["x"], trace["y"], trace["type"]
    template = layout.pop("template")
    layout.pop("meta")
    xaxis, yaxis = layout.pop("xaxis"), layout.pop("yaxis")
    return baseline, price, layout, xaxis, yaxis, template


def build(frame, baseline, price, layout, xaxis, yaxis, template):
    close = frame["Close"]
    low, high = close.min(), close.max()
    level = low - (high - low) * 0.08
    figure = go.Figure()
    figure.add_trace(go.Scatter(x=frame.index[[0, -1]], y=[level, level], **baseline))
    figure.add_trace(go.Scatter(x=frame.index, y=close, **price))
    figure.update_xaxes(**xaxis)
    figure.update_yaxes(**yaxis)
    figure.update_layout(template=template, **layout)
    return figure.to_json()


def medians_us(repetitions, works):
    """The median of each, run in turns."""
    times = [[] for _ in works]
    for _ in range(repetitions):
        for work, spent in zip(works, times):
            started = time.process_time_ns()
            work()
            spent.append(time.process_time_ns() - started)
    return [sorted(spent)[len(spent) // 2] / 1e3 for spent in times]


def measure(figure, repetitions):
    frame = series(figure)
    *parts, pruned = options(figure)
    works = [lambda: build(frame, *parts, "plotly_dark"), lambda: build(frame, *parts, pruned)]
    dark, _ = (work() for work in works)
    dark_us, pruned_us = medians_us(repetitions, works)
    return {"bars": len(frame), "bytes": len(dark), "dark_us": dark_us, "pruned_us": pruned_us}


repetitions = int(sys.argv[1])
figures = [measure(figure, repetitions) for figure in json.load(sys.stdin)]
version, python = plotly.__version__, sys.version.split()[0]
json.dump({"version": version, "python": python, "figures": figures}, sys.stdout)
