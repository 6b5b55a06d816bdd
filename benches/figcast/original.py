"""The design that figcast replaces: each client has a task that makes a frame of bars, draws it with
plotly.py and emits the figure through python-socketio, once a second and for that client alone.

`serve` prints its address; `load ADDRESS CLIENTS SECONDS` connects that many clients, says so once each
has a figure, and prints how many figures came in that time.
"""

import asyncio
import sys

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import socketio
from aiohttp import web

BARS = 390


def figure():
    """The mountain of a day. Its bars come without a download."""
    index = pd.date_range("2026-11-16 09:30", periods=BARS, freq="min", tz="America/New_York")
    steps = np.random.default_rng().normal(0, 0.1, BARS)
    close = pd.Series(250 + steps.cumsum().round(2), index=index)
    chart = go.Figure(go.Scatter(x=close.index, y=close, fill="tozeroy", line_color="lime"))
    step = dict(step="minute", stepmode="backward")
    named = (15, "15m"), (45, "45m"), (180, "3h")
    buttons = [dict(count=count, label=label, **step) for count, label in named]
    chart.update_xaxes(rangeslider_visible=True, rangeselector_buttons=[*buttons, dict(step="all")])
    chart.update_layout(title="AAPL", template="plotly_dark", yaxis_title="USD")
    return chart.to_json()


def serve():
    server = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*")
    app = web.Application()
    server.attach(app)
    clients = set()

    async def watch(sid):
        while sid in clients:
            await server.emit("figure", figure(), to=sid)
            await server.sleep(1)

    @server.on("connect")
    async def connect(sid, _environ):
        clients.add(sid)
        server.start_background_task(watch, sid)

    @server.on("disconnect")
    async def disconnect(sid, *_):
        clients.discard(sid)

    async def run():
        figure()  # The first one takes seconds of imports.
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        print(f"http://{host}:{port}", flush=True)
        await asyncio.Event().wait()

    asyncio.run(run())


async def load(address, count, seconds):
    figures = [0] * count
    clients = []
    for number in range(count):
        client = socketio.AsyncClient()

        @client.on("figure")
        async def had(_figure, number=number):
            figures[number] += 1

        await client.connect(address, transports=["websocket"], wait_timeout=10)
        clients.append(client)
    while not all(figures):
        await asyncio.sleep(0.05)
    before = sum(figures)
    print("connected", flush=True)
    await asyncio.sleep(seconds)
    print(sum(figures) - before, flush=True)
    for client in clients:
        await client.disconnect()


match sys.argv[1:]:
    case ["serve"]:
        serve()
    case ["load", address, count, seconds]:
        asyncio.run(load(address, int(count), float(seconds)))
