"""What a program asks once."""

from __future__ import annotations

import datetime as dt
import subprocess
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go
import pytest

import figcast
from conftest import BINARY, ROOT
from figcast import _frame


def test_a_figure_is_plotlys_and_says_what_it_shows(server: str) -> None:
    figure = figcast.figure("AAPL", server=server, range="5d", studies=["sma:20", "volume"])
    assert figure.meta["instrument"]["symbol"] == "AAPL"
    assert figure.last == figure["layout"]["meta"]["quote"]["last"] > 0
    drawn = figure.to_plotly()
    assert isinstance(drawn, go.Figure)
    assert [trace.uid for trace in drawn.data] == [trace["uid"] for trace in figure["data"]]
    assert "application/vnd.plotly.v1+json" in figure._repr_mimebundle_()
    assert repr(figure).startswith("<Figure AAPL;interval=5m;range=5d;")


def test_the_address_comes_from_the_environment_where_it_is_not_given(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIGCAST_URL", f"{server}/")
    assert figcast.search("aapl")[0]["symbol"] == "AAPL"
    with figcast.Server() as kept:
        assert kept.url == server
        assert kept.rows("AAPL")[0].keys() >= {"time", "open", "high", "low", "close", "volume"}


def test_bars_are_a_frame_on_the_exchanges_clock_with_a_column_for_each_study(server: str) -> None:
    bars = figcast.bars("7203.T", server=server, range="5d", studies="sma:20,rsi:14")
    assert str(bars.index.tz) == "Asia/Tokyo" and bars.index.is_monotonic_increasing
    assert list(bars.columns) == ["open", "high", "low", "close", "volume", "sma:20", "rsi:14"]
    assert (bars.dtypes == "float64").all() and bars["close"].notna().all()
    assert bars.attrs["symbol"] == "7203.T" and bars.attrs["currency"] == "JPY"
    days = figcast.bars("7203.T", server=server, range="1y")
    assert days.index.tz is None and (days.index == days.index.normalize()).all()


def test_instants_stay_apart_when_the_clock_goes_back_and_forth() -> None:
    zone = "Europe/Berlin"
    begun = dt.datetime(2026, 10, 24, 23, 30, tzinfo=dt.timezone.utc)
    instants = [begun + dt.timedelta(minutes=30 * step) for step in range(6)]
    spring = dt.datetime(2026, 3, 29, 0, 30, tzinfo=dt.timezone.utc)
    instants += [spring + dt.timedelta(minutes=30 * step) for step in range(3)]
    written = [instant.astimezone(ZoneInfo(zone)).isoformat() for instant in instants]
    assert written[0][11:16] == "01:30" and written[2][11:16] == written[4][11:16] == "02:30"
    table = _frame.frame(["time", "close"], ([text, 1.0] for text in written), zone)
    assert list(table.index.tz_convert("UTC")) == instants
    assert table.index[6].hour == 1 and table.index[7].hour == 3


def test_what_is_wrong_is_said_in_the_servers_words(server: str) -> None:
    with pytest.raises(figcast.FigcastError, match="range cannot be \"7d\": it is 1d, 5d") as caught:
        figcast.figure("AAPL", server=server, range="7d")
    assert caught.value.status == 400
    with pytest.raises(figcast.FigcastError) as caught:
        figcast.bars("NOPE", server=server)
    assert caught.value.status == 404
    with pytest.raises(figcast.FigcastError, match="cannot be reached.*FIGCAST_URL") as caught:
        figcast.figure("AAPL", server="http://127.0.0.1:9")
    assert caught.value.status is None


def test_a_frame_of_bars_is_pushed_and_comes_back_as_it_was(server: str) -> None:
    times = pd.date_range("2026-10-23 09:00", periods=600, freq="5min", tz="Europe/Berlin")
    closes = pd.Series(range(600), index=times, dtype="float64") + 100
    sent = pd.DataFrame({"Open": closes, "High": closes + 1, "Low": closes - 1, "Close": closes + 0.5, "Volume": 7})
    answer = figcast.push("FRAME", sent, interval="5m", server=server)
    assert (answer["accepted"], answer["symbol"]) == (600, "PUSHED:FRAME")
    got = figcast.bars("PUSHED:FRAME", server=server, interval="5m", range="5d")
    tail = sent.tail(len(got))
    assert list(got.index) == list(tail.index.tz_convert(got.index.tz))
    assert list(got["close"]) == list(tail["Close"])
    assert figcast.push("FRAME", sent, interval="5m", server=server)["unchanged"] == 600


def test_more_rows_than_one_request_takes_are_pushed_in_several(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from figcast import _server

    monkeypatch.setattr(_server, "ROWS_PER_PUSH", 40)
    start = int(dt.datetime(2026, 11, 2, tzinfo=dt.timezone.utc).timestamp() * 1_000)
    ticks = [{"time": start + at * 1_000, "price": 5.0 + at} for at in range(100)]
    assert figcast.push("MANY", ticks, server=server)["accepted"] == 100


def test_a_push_says_which_rows_are_wrong(server: str) -> None:
    now = dt.datetime.now(dt.timezone.utc)
    assert figcast.push("TICKS", {"time": now, "price": 5.0}, server=server)["accepted"] == 1
    bad = [{"time": now, "open": 5.0, "high": 1.0, "low": 1.0, "close": 5.0}]
    with pytest.raises(figcast.FigcastError, match="line 1, high") as caught:
        figcast.push("WRONG", bad, interval="1m", server=server)
    assert caught.value.status == 422 and caught.value.problem["rows"][0]["column"] == "high"
    with pytest.raises(ValueError, match="has no time zone"):
        figcast.push("WRONG", [{"time": dt.datetime(2026, 11, 2, 9, 30), "price": 5.0}], server=server)
    with pytest.raises(ValueError, match="no rows"):
        figcast.push("WRONG", [], server=server)


def test_a_function_that_gives_tokens_is_asked_again_when_one_is_refused(start, tmp_path) -> None:
    config = tmp_path / "figcast.toml"
    secret = ROOT / "tests/keys/hs256.secret"
    config.write_text(
        '[auth]\nissuer = "https://id.example"\naudience = "figcast"\n'
        f'[auth.keys]\ncurrent = {{ algorithm = "HS256", file = "{secret}" }}\n'
    )
    url = start("--config", str(config)).url
    mint = [BINARY, "token", "--config", config, "mint", "--symbols", "*"]
    # Without the variables of this test, which would be settings.
    minted = subprocess.run(mint, capture_output=True, text=True, env={})
    assert minted.returncode == 0, minted.stderr
    good = minted.stdout.strip()
    tokens = iter(["stale", good, good, good])
    assert figcast.figure("AAPL", server=url, token=lambda: next(tokens)).last
    assert figcast.figure("AAPL", server=url, token=good).last
    with pytest.raises(figcast.FigcastError) as caught:
        figcast.figure("AAPL", server=url, token="stale")
    assert caught.value.status == 401
