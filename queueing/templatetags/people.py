"""People on paper that lies about: enough to be told apart, no more."""

from django import template

register = template.Library()


@register.filter
def brief_name(name: str) -> str:
    """The first name and one initial: "Siti A."; a lone "M." in front is not the first name."""
    words = name.split()
    first = next((n for n, word in enumerate(words) if len(word.strip(".")) > 1), 0)
    initials = [f"{word[0]}." for word in words[first + 1 : first + 2]]
    return " ".join([*words[first : first + 1], *initials])
