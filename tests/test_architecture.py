"""The floors of the house: imports go down only, siblings never meet, nothing is swallowed.

Inside an app: models -> pure modules and rules -> forms, tasks, admin, views, api -> urls.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent
FLOORS = {
    "mpp_portal": 4,
    "queueing": 3,
    "complaints": 3,
    "surveys": 2,
    "services": 1,
    "accounts": 0,
    "notifications": 0,
    "privacy": -1,
}
# Inside an app: an edge module is imported by no rule, model or pure module.
EDGES = {"admin", "api", "forms", "tasks", "urls", "views", "dashboards"}
INNER = {"models", "rules", "workflow", "refusals", "order", "windows", "issuing", "availability"}
# Names that are the same in every language.
NAMES = {"SP4N-LAPOR!", "WhatsApp", "NIK", "PIN"}
MAIL = HOUSE / "templates/notifications/frame.html"  # mail programs know styles in place only
APPS = [name for name in FLOORS if (HOUSE / name).is_dir()]


def sources(*suffixes: str) -> Iterator[Path]:
    """Every file of the house with these endings, outside migrations."""
    for app in APPS:
        for path in sorted((HOUSE / app).rglob("*")):
            if path.suffix in suffixes and "migrations" not in path.parts:
                yield path


def imports(source: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything a module imports, names imported from a package too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level


def faults(module: str, source: str) -> list[str]:
    """What the imports of `module` ("queueing.rules.booking") do that the floors forbid."""
    app, inside = module.split(".")[0], module.split(".")[1:]
    found = []
    for line, name in imports(source):
        other = name.split(".")[0]
        if name.startswith("."):
            found.append(f"{module}:{line} imports relatively")
        elif other in FLOORS and other != app and FLOORS[other] >= FLOORS[app]:
            way = "upward" if FLOORS[other] > FLOORS[app] else "sideways"
            found.append(f"{module}:{line} imports {name} {way}")
        elif other == app and inside and inside[0] in INNER:
            part = name.split(".")[1] if "." in name else ""
            if part in EDGES:
                found.append(f"{module}:{line} imports {name}: a rule does not know its edges")
            if inside[0] == "models" and part == "rules":
                found.append(f"{module}:{line} imports {name}: models do not know their rules")
    return found


def module_name(path: Path) -> str:
    parts = list(path.relative_to(HOUSE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_imports_go_down_only():
    found = [f for path in sources(".py") for f in faults(module_name(path), path.read_text())]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("services.rules", "from queueing import rules"),
        ("services.models", "import queueing.models"),
        ("privacy.index", "from accounts.models import User"),
        ("queueing.rules.booking", "from mpp_portal.celery import app"),
        ("queueing.views.board", "from complaints.models import Case"),
        ("accounts.rules", "from notifications import rules"),
        ("notifications.rules", "def f():\n    from accounts.models import User"),
        ("queueing.rules.day", "from queueing.views import board"),
        ("queueing.models", "from queueing import rules"),
        ("queueing.rules", "from . import booking"),
    ],
)
def test_an_import_that_goes_up_or_sideways_is_found(module, source):
    assert len(faults(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("queueing.rules.booking", "from services.models import Mall\nimport privacy.index"),
        ("mpp_portal.api", "from queueing.api import public\nfrom complaints import api"),
        ("queueing.views.board", "from queueing import rules\nfrom queueing.models import Ticket"),
        ("accounts.models", "import datetime\nfrom django.db import models"),
    ],
)
def test_an_import_that_goes_down_is_none(module, source):
    assert faults(module, source) == []


def test_every_app_of_the_house_has_a_floor():
    rooms = {path.parent.name for path in HOUSE.glob("*/apps.py")}
    assert rooms == set(APPS)


def test_there_is_no_room_for_leftovers():
    names = {"common", "core", "utils", "helpers", "misc"}
    assert not [p for p in sources(".py") if names & {*p.relative_to(HOUSE).parts, p.stem}]
    assert not [app for app in APPS if (HOUSE / app / "services.py").exists()]


def test_no_error_is_caught_without_saying_why():
    wide = re.compile(r"except\s*(:|\(?\s*(Base)?Exception\b)")
    found = [
        f"{module_name(path)}:{number}"
        for path in sources(".py")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if wide.search(line) and "noqa: BLE001 -" not in line
    ]
    assert not found, found


def templates() -> list[Path]:
    return [p for p in [*(HOUSE / "templates").rglob("*.html"), *sources(".html")] if p.is_file()]


def bare(source: str) -> str:
    """A template without its tags, variables, comments and translated passages."""
    source = re.sub(r"(?s){% comment.*?endcomment %}|{#.*?#}", "", source)
    source = re.sub(r"{% block \w*class\w* %}[^{]*{% endblock[^%]*%}", "", source)
    source = re.sub(r"(?s){% blocktrans.*?endblocktrans\w* %}", "", source)
    return re.sub(r"(?s){%.*?%}|{{.*?}}", "", source)


def test_templates_have_no_inline_styles_or_handlers():
    """The content security policy would drop them."""
    inline = re.compile(r"<[^>]*\s(style|on[a-z]+)\s*=", re.IGNORECASE)
    block = re.compile(r"<(script|style)\b(?![^>]*(nonce=|\ssrc=))", re.IGNORECASE)
    found = [
        f"{path.relative_to(HOUSE)}: {match[0][:60]}"
        for path in templates()
        if path != MAIL
        for pattern in (inline, block)
        for match in pattern.finditer(bare(path.read_text()))
    ]
    assert not found, found


def test_every_word_of_a_template_is_translated():
    found = []
    for path in templates():
        if path.name == "500.html":  # shown without a request: says it in both languages
            continue
        plain = re.sub(r"(?s)<(script|style|code)\b.*?</\1>|<!--.*?-->", "", bare(path.read_text()))
        for text in re.findall(r">([^<>]*)<", plain):
            if re.search(r"[A-Za-z]{3,}", text) and text.strip() not in NAMES:
                found.append(f"{path.relative_to(HOUSE)}: {text.strip()[:60]}")
    assert not found, found
