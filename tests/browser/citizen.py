"""A citizen at a page: finds buttons by what they say, and counts what each step costs."""

import re
from collections.abc import Callable

from django.utils.translation import gettext, override
from playwright.sync_api import Locator, Page

# What a person can read or hear on a page, but what is said to be Indonesian (`lang="id"`).
_LINES = """() => {
    const lines = new Set();
    const foreign = (element) => {
        const lang = element.closest("[lang]");
        return lang && lang.lang !== document.documentElement.lang;
    };
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        const element = node.parentElement;
        if (!element.closest("script, style, noscript, template") && !foreign(element))
            lines.add(node.data.trim().replace(/\\s+/g, " "));
    }
    for (const element of document.querySelectorAll("[aria-label], [placeholder], [title]"))
        if (!foreign(element))
            for (const name of ["aria-label", "placeholder", "title"])
                lines.add(element.getAttribute(name) ?? "");
    lines.add(document.title.split(" - ")[0]);
    return [...lines];
}"""


class Citizen:
    """Counts taps that change something, fields typed and screens, as a person would.

    `look(page)` is done on every screen. Words are the Indonesian ones, translated when `language`
    is another; a press waits for the page it leads to.
    """

    def __init__(
        self, page: Page, look: Callable[[Page], None] = lambda _page: None, *, language: str = "id"
    ) -> None:
        self.page, self.look, self.language = page, look, language
        self.taps = self.fields = 0
        self.screens: list[str] = []
        self.said: set[str] = set()  # everything read on the way

    def word(self, words: str) -> str:
        """A button's Indonesian words in the language of the page."""
        with override(self.language):
            return gettext(words)

    def open(self, path: str) -> None:
        """The page from which the counting starts."""
        self.page.goto(path)
        self.arrive()

    def arrive(self) -> None:
        """Look at a screen that is new."""
        self.screens.append(self.page.locator("h1").first.inner_text())
        self.said |= set(self.page.evaluate(_LINES))
        self.look(self.page)

    def button(self, words: str) -> Locator:
        """The button that says exactly this."""
        return self.page.get_by_role("button", name=self.word(words), exact=True).first

    def link(self, words: str) -> Locator:
        """The link that says exactly this."""
        return self.page.get_by_role("link", name=self.word(words), exact=True).first

    def tap(self, what: Locator) -> None:
        """Press something that leads to another screen."""
        with self.page.expect_navigation(wait_until="load"):
            what.click()
        self.taps += 1
        self.arrive()

    def press(self, words: str) -> None:
        """Press the button that says so."""
        self.tap(self.button(words))

    def follow(self, words: str) -> None:
        """Follow the link that says so."""
        self.tap(self.link(words))

    def type(self, field: str, words: str) -> None:
        """Type into the field of this name."""
        self.page.fill(f"input[name={field}]", words)
        self.fields += 1

    def ask(self, question: str) -> None:
        """Type a question into the search and send it; no tap, no field of a form."""
        self.page.fill("input[name=q]", question)
        with self.page.expect_navigation(wait_until="load"):
            self.page.keyboard.press("Enter")
        self.arrive()

    def to_the_names(self, code: str) -> None:
        """Straight to the page that asks who comes, the hour as it was chosen beforehand."""
        self.page.goto(f"/gajah-mada/antrean/{code}/")
        self.press("Lanjut")

    def to_the_review(self, code: str, name: str, **typed: str) -> None:
        """Straight to the last page before the number."""
        self.to_the_names(code)
        for field, words in {"name": name, **typed}.items():
            self.type(field, words)
        self.press("Lanjut")

    @property
    def text(self) -> str:
        """What the page says."""
        return re.sub(r"\s+", " ", self.page.locator("main").inner_text())

    @property
    def label(self) -> str:
        """The number on the ticket, such as "C 012"."""
        return " ".join(self.page.locator("#tiket .m-code").first.inner_text().split())
