#!/usr/bin/env python3
"""Makes the tables that src/bars/studies is held against, with TA-Lib (made with TA-Lib 0.8.2).

    pip install TA-Lib numpy
    python3 make.py                     writes bars.csv and studies.csv beside this file
    python3 make.py CHART.json OUT.csv  samples the studies of a recorded Yahoo chart

bars.csv holds synthetic one-minute bars in whole cents, the same on every machine: a random walk whose
volatility comes and goes, with an overnight gap, a halt (no range, no volume) and bars without volume.
studies.csv holds the lines of each study over them, one column a line, headed STUDY/LINE; an empty cell
is no value yet. The sampled table of a recording holds every twentieth row and the timestamp of it.
"""

import csv
import json
import pathlib
import sys

import numpy as np
import talib

HERE = pathlib.Path(__file__).parent
DIGITS = 14  # significant decimal digits of a golden value
START = 1_700_000_000 // 60 * 60


def noise(seed=20240607):
    """Uniform floats in [0, 1): Knuth's MMIX linear congruential generator, upper 53 bits."""
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield (state >> 11) / 2**53


def synthetic(count=600):
    """Rows of ts, open, high, low, close (in cents) and volume."""
    u = noise()
    normal = lambda: sum(next(u) for _ in range(12)) - 6.0
    close, heat = 18_250, 1.0
    for at in range(count):
        heat = max(0.3, 0.97 * heat + 0.05 * abs(normal()))
        if 300 <= at < 324:
            yield START + 60 * at, close, close, close, close, 0
            continue
        opened = close + round(normal()) + (-420 if at == 390 else 0)
        close = opened + round(12 * heat * normal() + 6 * np.sin(at / 45))
        high = max(opened, close) + round(6 * heat * next(u))
        low = min(opened, close) - round(6 * heat * next(u))
        volume = 0 if at % 97 == 13 else int(2_000 + 90_000 * heat * next(u) ** 3)
        yield START + 60 * at, opened, high, low, close, volume


def recorded(path):
    """Columns of a recorded chart: complete rows, without the quote that closes a live chart."""
    result = json.loads(pathlib.Path(path).read_text())["chart"]["result"][0]
    quote = result["indicators"]["quote"][0]
    columns = [quote[name] for name in ("open", "high", "low", "close", "volume")]
    rows = [row for row in zip(result["timestamp"], *columns) if None not in row]
    return columns_of(rows[:-1])


def columns_of(rows):
    ts, *values = zip(*rows)
    return list(ts), [np.array(column, dtype=float) for column in values]


def studies(high, low, close, volume):
    """The lines of each study by name."""
    lines = {}
    for n in (2, 20, 50):
        lines[f"sma:{n}/sma"] = talib.SMA(close, n)
        lines[f"ema:{n}/ema"] = talib.EMA(close, n)
        lines[f"wma:{n}/wma"] = talib.WMA(close, n)
    for n, k in ((20, "2"), (7, "2.5")):
        bands = talib.BBANDS(close, n, float(k), float(k), 0)
        lines |= {f"bb:{n}:{k}/{line}": band for line, band in zip(("upper", "middle", "lower"), bands)}
    for n in (2, 14):
        lines[f"rsi:{n}/rsi"] = talib.RSI(close, n)
    for f, s, g in ((12, 26, 9), (3, 7, 1)):
        parts = talib.MACD(close, f, s, g)
        names = ("macd", "signal", "histogram")
        lines |= {f"macd:{f}:{s}:{g}/{line}": part for line, part in zip(names, parts)}
    for n in (1, 14):
        lines[f"atr:{n}/atr"] = talib.ATR(high, low, close, n)
    for k, d, s in ((14, 3, 3), (5, 4, 1)):
        parts = talib.STOCH(high, low, close, k, s, 0, d, 0)
        lines |= {f"stoch:{k}:{d}:{s}/{line}": part for line, part in zip("kd", parts)}
    balance = talib.OBV(close, volume)
    lines["obv/obv"] = balance - balance[0]
    return lines


def write(path, times, lines, every=1):
    cell = lambda value: "" if np.isnan(value) else f"{value + 0.0:.{DIGITS}g}"
    with open(path, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["ts", *lines])
        for at in range(len(times) - 1, -1, -every)[::-1]:
            out.writerow([times[at], *(cell(line[at]) for line in lines.values())])


def main(arguments):
    if arguments:
        source, out = arguments
        times, (_, high, low, close, volume) = recorded(source)
        write(out, times, studies(high, low, close, volume), every=20)
        return
    rows = [(ts, *(cents / 100 for cents in prices), volume) for ts, *prices, volume in synthetic()]
    with open(HERE / "bars.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["ts", "open", "high", "low", "close", "volume"])
        out.writerows(rows)
    times, (_, high, low, close, volume) = columns_of(rows)
    write(HERE / "studies.csv", times, studies(high, low, close, volume))


if __name__ == "__main__":
    main(sys.argv[1:])
