"""What the first run's pages need: the name of a code, the words of what was chosen."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.forms import BoundField
from django.utils.translation import get_language

register = template.Library()


@register.filter
def of(names: Mapping[str, Any], code: str) -> Any:
    """What stands for a code."""
    return names.get(code, "")


@register.filter
def chosen(field: BoundField) -> str:
    """The words of a select's choice."""
    return str(dict(field.field.choices).get(field.value(), ""))


@register.filter
def dotted(time: str) -> str:
    """A time of the draft as people write it: 08.00, in English 08:00."""
    return time if get_language() == "en" else time.replace(":", ".")
