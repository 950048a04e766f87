"""What a visit needs at the mall, in words."""

from collections.abc import Iterable

from django import template

from queueing.models import Visit

register = template.Library()


@register.filter
def in_words(needs: Iterable[str]) -> str:
    """The helps asked for, in one line: "kursi roda, didampingi petugas"."""
    asked = set(needs)
    return ", ".join(str(need.label) for need in Visit.Need if need in asked)
