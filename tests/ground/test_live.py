"""The live process: one event a second for all changes, real Redis, real uvicorn."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time

import pytest
import redis
from django.conf import settings


@pytest.fixture
def live():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "mpp_portal.live:application",
            "--port",
            str(port),
            "--no-access-log",
            "--log-level",
            "warning",
            "--timeout-graceful-shutdown",
            "1",
        ],
        env={**os.environ, "REDIS_URL": settings.REDIS_URL, "BASE_URL": "http://here"},
    )
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield port
    process.terminate()
    assert process.wait(timeout=10) is not None


def test_changes_of_one_mall_reach_its_watchers_once(live):
    client = redis.Redis.from_url(settings.REDIS_URL)
    connection = http.client.HTTPConnection("127.0.0.1", live, timeout=10)
    connection.request("GET", "/langsung/7/")
    stream = connection.getresponse()
    assert stream.getheader("Content-Type").startswith("text/event-stream")
    assert stream.getheader("Access-Control-Allow-Origin") == "http://here"
    for _ in range(100):
        if client.pubsub_numsub("mpp:changes")[0][1]:
            break
        time.sleep(0.05)
    for change in (
        {"mall": 8, "queues": [9], "call": 99},
        {"mall": 7, "queues": [1], "call": None},
        {"mall": 7, "queues": [2], "call": 5},
    ):
        client.publish("mpp:changes", json.dumps(change))
    lines = [stream.readline() for _ in range(5)]
    assert b"event: changed\n" in lines
    data = next(line for line in lines if line.startswith(b"data: "))
    assert json.loads(data[6:]) == {"queues": [1, 2], "call": 5}


def test_another_address_is_not_found(live):
    connection = http.client.HTTPConnection("127.0.0.1", live, timeout=10)
    connection.request("GET", "/langsung/satu/")
    assert connection.getresponse().status == 404
