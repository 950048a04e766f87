"""`make bench-messages` runs to its end and names every figure; its timings are not judged here."""

import json
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def test_every_message_of_a_small_run_is_sent(tmp_path):
    path = tmp_path / "figures.json"
    words = ["--tiny", "--database", "mpp_bench_messages_smoke", "--json", str(path)]
    run = subprocess.run(
        [sys.executable, "-m", "bench.messages", *words],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    written = json.loads(path.read_text())
    assert written["broken"] == []
    assert [figure["name"] for figure in written["figures"]] == ["messages sent", "claim, years on"]
    assert all(figure["value"] > 0 for figure in written["figures"])
