"""`make bench-live` runs to its end and names every figure; its timings are not judged here."""

import json
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def test_every_phone_hears_every_change_and_none_but_the_called_ask(tmp_path):
    path = tmp_path / "figures.json"
    words = ["--tiny", "--database", "mpp_bench_live_smoke", "--json", str(path)]
    run = subprocess.run(
        [sys.executable, "-m", "bench.live", *words],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    written = json.loads(path.read_text())
    assert written["broken"] == []
    figures = {figure["name"]: figure for figure in written["figures"]}
    assert set(figures) == {
        "from commit to phone, p50",
        "from commit to phone, p99",
        "changes not heard",
        "memory per watcher",
        "processor",
        "end with all watchers",
        "pages asked for by others",
        "call with followers",
        "board of 23 queues",
    }
    assert all(name in run.stdout for name in figures)
    for name in ("changes not heard", "pages asked for by others", "board of 23 queues"):
        assert figures[name]["holds"], figures[name]
