"""Published cases as everybody may read them: words and agency, nothing of the case itself."""

import datetime as dt
import re
from typing import NamedTuple

from django.contrib.postgres.search import SearchQuery
from django.db.models import F, Q, QuerySet

from complaints.models import Publication
from services.models import Agency, Mall

PAGE = 10
_CURSOR = re.compile(r"(\d{1,16})-(\d{1,18})", re.ASCII)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_COLUMNS = ("subject", "text", "answer", "published_at")
_OF_CASE = ("case__kind", "case__agency__name", "case__agency__code")


class Page(NamedTuple):
    """Some publications, the newest first, and where the next ones begin ("" where none do)."""

    items: list[Publication]
    next: str


def published(mall: Mall) -> QuerySet[Publication]:
    """A mall's publications that nobody took back, without what is secret about their cases."""
    found = Publication.objects.filter(case__mall=mall, withdrawn_at=None)
    found = found.filter(case__confidential=False)
    return found.select_related("case__agency").only(*_COLUMNS, *_OF_CASE)


def page(mall: Mall, *, agency: Agency | None = None, words: str = "", after: str = "") -> Page:
    """The next PAGE publications after a cursor, of an agency and with all the words."""
    found = published(mall)
    if agency is not None:
        found = found.filter(case__agency=agency)
    if words:
        found = found.filter(words=SearchQuery(words, config="indonesian", search_type="plain"))
    if start := _CURSOR.fullmatch(after):
        at, pk = _EPOCH + dt.timedelta(microseconds=int(start[1])), int(start[2])
        found = found.filter(published_at__lte=at)
        found = found.filter(Q(published_at__lt=at) | Q(pk__lt=pk))
    items = list(found.order_by(F("published_at").desc(), "-pk")[: PAGE + 1])
    return Page(items[:PAGE], _cursor(items[PAGE - 1]) if len(items) > PAGE else "")


def _cursor(last: Publication) -> str:
    return f"{(last.published_at - _EPOCH) // dt.timedelta(microseconds=1)}-{last.pk}"
