"""A real Chromium for the tests; CSP violations, console errors and axe findings fail them."""

import os
import re
import shutil
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, sync_playwright

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
# WCAG 2.2 AA, as axe knows it
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],  # what passes is not gathered
}
NARROWEST = {"width": 320, "height": 640}
# 7:1 and, for large words, 4.5:1: what the citizen's pages keep beyond AA
RULES_FOR_CITIZENS = RULES | {"rules": {"color-contrast-enhanced": {"enabled": True}}}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


SHELL, WHOLE = "chromium-headless-shell", "chromium"


def _chromium(*names: str) -> str:
    """Where Chromium is; its shell has the same engine and no window, at a third of the cost."""
    known = (shutil.which(name) for name in names or (SHELL, WHOLE, "chromium-browser"))
    path = os.environ.get("CHROMIUM") or next(filter(None, known), None)
    if path is None:
        why = "Chromium is not here: apt-get install chromium, or set CHROMIUM to its path"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(why)
        pytest.skip(why)
    return path


@pytest.fixture(scope="session")
def browser():
    path = _chromium()
    # Playwright's loop runs in this thread; the tests' own database calls are not inside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(browser, live_server) -> Callable[..., Page]:
    """`open_page(size, javascript=True)`: a page of a fresh person; its errors fail the test.

    With `network=False` the network is meant to fail, and only that is no error.
    """
    contexts, troubles = [], []

    def open_one(
        size=PHONE,
        *,
        javascript: bool = True,
        language: str = "id-ID",
        network: bool = True,
        touch: bool = False,
    ) -> Page:
        context = browser.new_context(
            viewport=size,
            java_script_enabled=javascript,
            locale=language,
            base_url=live_server.url,
            reduced_motion="reduce",
            has_touch=touch,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.scripted = javascript
        page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda message: (
                troubles.append(f"{page.url}: {message.text}")
                if message.type == "error" and (network or "net::ERR_" not in message.text)
                else None
            ),
        )
        return page

    yield open_one
    for context in contexts:
        context.close()
    expected = "Failed to load resource: the server responded with a status of 4"
    assert [trouble for trouble in troubles if expected not in trouble] == []


@pytest.fixture
def accessible(open_page) -> Callable[..., None]:
    """`accessible(page)`: axe finds nothing against WCAG 2.2 AA, nothing scrolls sideways.

    A citizen's page (`citizen`, else by its address) also keeps the contrast of AAA, and does not
    scroll sideways at 320 px either.
    """
    twins: list[Page] = []

    def check(page: Page, *, citizen: bool | None = None) -> None:
        if not page.scripted:
            if not twins:
                twins.append(open_page(page.viewport_size))
            page = _twin(page, twins[0])
        # the dock sticks over whatever is half scrolled past: that is no small target
        page.evaluate("document.querySelector('.m-dock')?.style.setProperty('position', 'static')")
        if citizen is None:
            citizen = not urlsplit(page.url).path.startswith(("/admin/", "/dasbor/"))
        assert _found(page, RULES_FOR_CITIZENS if citizen else RULES) == [], page.url
        _fits(page)
        if not citizen:
            return
        size = page.viewport_size
        page.set_viewport_size(NARROWEST)
        _fits(page)
        page.set_viewport_size(size)

    return check


def _twin(page: Page, twin: Page) -> Page:
    """What a page without scripts shows, in a page where axe can run: its own scripts left out."""
    html = re.sub(r"(?s)<script.*?</script>|</?noscript>", "", page.content())
    html = re.sub(r"<meta http-equiv=.refresh.[^>]*>", "", html)
    twin.unroute_all()
    twin.route(page.url, lambda route: route.fulfill(body=html, content_type="text/html"))
    twin.goto(page.url)
    return twin


def _found(page: Page, options: dict) -> list[str]:
    """What axe finds against these rules, one line for each place."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    violations = page.evaluate("(how) => axe.run(how).then((found) => found.violations)", options)
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for one in violations
        for node in one["nodes"]
    ]


def _fits(page: Page) -> None:
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0, f"{page.url} scrolls sideways by {wide} px at {page.viewport_size}"
