"""Clients of a stream in Python: `python.py URL WAY:CODING ..`. Each tells on stdout, a line of JSON at a
time, what it hears and how it ends; what it is asked to read it decodes with its library's own means."""

import asyncio
import base64
import json
import sys
import threading

url, *asked = sys.argv[1:]
lock = threading.Lock()


class Reporter:
    def __init__(self, client):
        self.client = client

    def tell(self, **fact):
        line = json.dumps({"client": self.client, **fact})
        with lock:
            print(line, flush=True)

    def opened(self, coding):
        self.tell(opened=coding or "identity")

    def bytes(self, piece):
        self.tell(base64=base64.b64encode(piece).decode())

    def event(self, name, id, data):
        # What any program does with a message; it raises where the library makes one of nothing.
        if name == "message":
            json.loads(data)
        head = f"id: {id}\n" if id else ""
        named = "" if name == "message" else f"event: {name}\n"
        self.bytes(f"{head}{named}data: {data}\n\n".encode())


def accepting(coding):
    return {"Accept-Encoding": coding}


def read_httpx(coding, told):
    import httpx

    with httpx.stream("GET", url, headers=accepting(coding), timeout=60) as response:
        told.opened(response.headers.get("content-encoding"))
        for piece in response.iter_bytes():
            told.bytes(piece)


def read_httpx_sse(coding, told):
    import httpx
    import httpx_sse

    with httpx.Client(timeout=60) as client:
        with httpx_sse.connect_sse(client, "GET", url, headers=accepting(coding)) as source:
            told.opened(source.response.headers.get("content-encoding"))
            for event in source.iter_sse():
                told.event(event.event, event.id, event.data)


def read_aiohttp(coding, told):
    import aiohttp

    async def read():
        timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            async with session.get(url, headers=accepting(coding)) as response:
                told.opened(response.headers.get("content-encoding"))
                async for piece in response.content.iter_any():
                    told.bytes(piece)

    asyncio.run(read())


def read_urllib3(coding, told):
    import urllib3

    pool = urllib3.PoolManager()
    response = pool.request("GET", url, headers=accepting(coding), preload_content=False)
    told.opened(response.headers.get("content-encoding"))
    # With a size it would wait for that much.
    for piece in response.stream(None, decode_content=True):
        told.bytes(piece)


def read_requests(coding, told):
    import requests

    with requests.get(url, headers=accepting(coding), stream=True, timeout=60) as response:
        told.opened(response.headers.get("content-encoding"))
        for piece in response.iter_content(chunk_size=None):
            told.bytes(piece)


def read_niquests(coding, told):
    import niquests

    address = url.replace("http://", "psse://")
    with niquests.Session() as session:
        response = session.get(address, headers=accepting(coding), timeout=60)
        response.raise_for_status()
        told.opened(response.headers.get("content-encoding"))
        while not response.extension.closed:
            event = response.extension.next_payload()
            if event is None:
                break
            told.event(event.event or "message", event.id, event.data)


WAYS = {
    "httpx": read_httpx,
    "httpx-sse": read_httpx_sse,
    "aiohttp": read_aiohttp,
    "urllib3": read_urllib3,
    "requests": read_requests,
    "niquests": read_niquests,
}


def run(client):
    way, coding = client.split(":")
    told = Reporter(client)
    try:
        WAYS[way](coding, told)
    except Exception as error:
        told.tell(ended=f"{type(error).__name__}: {error}"[:200])
    else:
        told.tell(ended="")


threads = [threading.Thread(target=run, args=(client,)) for client in asked]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
