"""`make bench` runs to its end and names every figure; its timings are not judged here."""

import json
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings

CHECKOUT = Path(__file__).resolve().parents[2]
NAME = "mpp_bench_smoke"
FIGURES = {
    "booking rule",
    "statements to issue",
    "statements to call next",
    "POST, beside a CTE view",
    "POST, beside an ORM view",
    "p99 of a rush",
    "last 100 seats, 32 clients",
    "home page",
    "service page",
    "booking page",
    "ticket page",
    "call next",
    "call next, years on",
    "booking rule, years on",
    "roll-up of a day, years on",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What a tiny run printed, and the JSON it wrote."""
    path = tmp_path_factory.mktemp("bench") / "figures.json"
    words = ["--tiny", "--database", NAME, "--json", str(path)]
    run = subprocess.run(
        [sys.executable, "-m", "bench", *words],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout, json.loads(path.read_text())


def test_every_figure_stands_beside_its_floor_and_target(told):
    printed, written = told
    assert {figure["name"] for figure in written["figures"]} == FIGURES
    assert all(figure["name"] in printed for figure in written["figures"])
    for figure in written["figures"]:
        assert set(figure) == {"name", "value", "unit", "target", "holds", "floor", "ratio", "note"}
        assert figure["value"] > 0
    assert written["broken"] == []


def test_what_does_not_depend_on_the_machine_holds(told):
    figures = {figure["name"]: figure for figure in told[1]["figures"]}
    for name in ("statements to issue", "statements to call next", "last 100 seats, 32 clients"):
        assert figures[name]["holds"], figures[name]


def test_the_run_leaves_no_database_behind(told):
    database = settings.DATABASES["default"]
    link = psycopg2.connect(
        dbname="postgres",
        host=database["HOST"],
        port=database["PORT"] or None,
        user=database["USER"],
        password=database["PASSWORD"] or None,
    )
    with link, link.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{NAME}%"])
        assert cursor.fetchall() == []
    link.close()
