"""The history of a row, for the admin's page behind "Riwayat"."""

from typing import Any

from django import template
from django.core.paginator import Page
from django.db.models import Model
from django.utils.module_loading import import_string

register = template.Library()


@register.simple_tag
def history_of(row: Model, page: Any = 1) -> Page | None:
    """A page of `history.Entry`, the latest first; None where none is kept.

    Tags are read while the admin is still being built: the history is found when it is asked for.
    """
    return import_string("mpp_portal.history.page_of")(row, page)
