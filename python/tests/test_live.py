"""A chart in a notebook, by executing one."""

from __future__ import annotations

import nbclient
import nbformat

from conftest import until
import figcast

CELLS = [
    """
import time
import figcast

def until(probe, deadline=60):
    end = time.monotonic() + deadline
    while not (found := probe()):
        assert chart.error is None, chart.error
        assert time.monotonic() < end, "it does not move"
        time.sleep(0.05)
    return found

chart = figcast.live("AAPL", studies="sma:20", chart="candlestick")
chart
""",
    """
def price():
    return chart.layout.meta["quote"]["asOf"], chart.data[-1].y[-1] if chart.data[-1].y is not None else None

first = price()
chart.layout.xaxis.range = [chart.data[0].x[10], chart.data[0].x[90]]
zoomed = tuple(chart.layout.xaxis.range)
until(lambda: price()[0] != first[0])
second = price()
until(lambda: price()[0] != second[0])
assert tuple(chart.layout.xaxis.range) == zoomed, "the reader's zoom stays"
assert chart.status["state"] == "live"
""",
    """
chart.stop()
assert not chart.is_live and chart.error is None
print("moved")
""",
]


def test_a_chart_moves_in_a_notebook(server: str, monkeypatch) -> None:
    monkeypatch.setenv("FIGCAST_URL", server)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    client = nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.execute()
    shown = notebook.cells[0].outputs[-1]["data"]
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert notebook.cells[2].outputs[0]["text"] == "moved\n"
    # What the kernel told the browser: the chart, and then only what had changed of it.
    state = client.widget_state[shown["application/vnd.jupyter.widget-view+json"]["model_id"]]
    assert state["_py2js_update"] is not None or state["_py2js_restyle"] is not None


def test_only_what_has_changed_is_told(server: str) -> None:
    chart = figcast.live("AAPL", server=server)
    try:
        told = []
        chart._send_update_msg = lambda *args, **kwargs: told.append((args, kwargs))
        until(lambda: len(told) >= 2, "an update")
        assert "template" not in str(told) and "rangeselector" not in str(told)
    finally:
        chart.close()
    assert not chart.is_live


def test_a_symbol_that_is_not_there_is_no_chart(server: str) -> None:
    try:
        figcast.live("NOPE", server=server)
    except figcast.FigcastError as error:
        assert error.status == 404
    else:
        raise AssertionError("it was taken")
