"""Builds figcast's figures with plotly.py and times bars to JSON.

Input: a list of figcast's figures. Their options are used as they stand, their columns become a
pandas frame as the original had one. Studies are computed with pandas, of the drawn bars alone.
Output: medians in microseconds of this process's own CPU time, so that waiting for other programs
does not count.
"""

import json
import sys
import time
import zlib

import pandas as pd
import plotly
import plotly.graph_objects as go

COLUMNS = ("x", "y", "open", "high", "low", "close")
KINDS = {"scatter": go.Scatter, "candlestick": go.Candlestick, "bar": go.Bar}


def series(figure):
    """The bars as the original held them: a frame with an index in the exchange's zone."""
    traces = {trace["uid"]: trace for trace in figure["data"]}
    bars = [traces[uid] for uid in ("price", "forming") if uid in traces]
    names = {"Close": "y"} if "y" in bars[0] else {n: n.lower() for n in ("Open", "High", "Low", "Close")}
    columns = {name: [v for part in bars for v in part[key]] for name, key in names.items()}
    index = instants([x for part in bars for x in part["x"]])
    frame = pd.DataFrame(columns, index=index)
    for uid in ("volume-up", "volume-down"):
        if uid in traces:
            volume = pd.Series(traces[uid]["y"], index=instants(traces[uid]["x"]), dtype=float)
            frame.loc[volume.index, "Volume"] = volume
    return frame


def instants(stamps):
    return pd.DatetimeIndex(pd.to_datetime(stamps, utc=True)).tz_convert("America/New_York")


def mountain(frame):
    """The columns of each trace, by its uid."""
    close = frame["Close"]
    low, high = close.min(), close.max()
    level = low - (high - low) * 0.08
    return {
        "baseline": {"x": frame.index[[0, -1]], "y": [level, level]},
        "price": {"x": frame.index, "y": close},
    }


def candles(frame):
    """The same, with volume, bb:20:2, vwap and rsi:14."""
    close, volume = frame["Close"], frame["Volume"]
    prices = lambda bars: {"x": bars.index, **{n.lower(): bars[n] for n in ("Open", "High", "Low", "Close")}}
    line = lambda values: {"x": frame.index, "y": values}
    window = close.rolling(20)
    middle, width = window.mean(), 2 * window.std(ddof=0)
    day = frame.index.normalize()
    traded = (frame["High"] + frame["Low"] + close) / 3 * volume
    change = close.diff()
    gain = change.clip(lower=0).ewm(alpha=1 / 14, adjust=False).mean()
    loss = (-change).clip(lower=0).ewm(alpha=1 / 14, adjust=False).mean()
    rising = volume[close >= frame["Open"]]
    falling = volume[close < frame["Open"]]
    return {
        "price": prices(frame.iloc[:-1]),
        "forming": prices(frame.iloc[-1:]),
        "volume-up": {"x": rising.index, "y": rising},
        "volume-down": {"x": falling.index, "y": falling},
        "bb-20-2-upper": line(middle + width),
        "bb-20-2-middle": line(middle),
        "bb-20-2-lower": line(middle - width),
        "vwap-vwap": line(traded.groupby(day).cumsum() / volume.groupby(day).cumsum()),
        "rsi-14-rsi": line(100 - 100 / (1 + gain / loss)),
    }


def options(figure):
    """Everything but the data, without what only figcast needs."""
    kept = lambda trace: {key: value for key, value in trace.items() if key not in (*COLUMNS, "type")}
    traces = [(KINDS[trace["type"]], kept(trace)) for trace in figure["data"]]
    layout = {key: value for key, value in figure["layout"].items() if key not in ("meta", "template")}
    return traces, layout


def build(frame, columns, traces, layout, template):
    data = columns(frame)
    figure = go.Figure()
    for kind, options in traces:
        figure.add_trace(kind(**data[options["uid"]], **options))
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


def gzipped(figure):
    text = json.dumps(figure, separators=(",", ":"), ensure_ascii=False).encode()
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return len(packer.compress(text) + packer.flush())


def measure(figure, repetitions):
    frame = series(figure)
    columns = candles if "Volume" in frame else mountain
    traces, layout = options(figure)
    templates = ("plotly_dark", figure["layout"]["template"])
    works = [lambda template=t: build(frame, columns, traces, layout, template) for t in templates]
    dark, _ = (work() for work in works)
    dark_us, pruned_us = medians_us(repetitions, works)
    return {
        "bars": len(frame),
        "bytes": len(dark),
        "gzip": gzipped(figure),
        "dark_us": dark_us,
        "pruned_us": pruned_us,
    }


repetitions = int(sys.argv[1])
figures = [measure(figure, repetitions) for figure in json.load(sys.stdin)]
version, python = plotly.__version__, sys.version.split()[0]
json.dump({"version": version, "python": python, "figures": figures}, sys.stdout)
