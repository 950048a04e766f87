"""The small language of message texts: {{ word }}, {% if word %} and {% for row in list %}.

Texts are edited by staff, so nothing else is understood: no filter, no file, no other tag. What a
text may name is checked against the words of its kind, down to the parts of a list's rows.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, ClassVar

from django.template import Context, Engine, Library, Template, TemplateSyntaxError
from django.template.base import FilterExpression, NodeList, TextNode, Variable, VariableNode
from django.template.defaulttags import ForNode, IfNode, TemplateLiteral, do_for, do_if
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What a name stands for: None is plain text, a dict has named parts, [x] is a list of x.
Shape = None | dict[str, Any] | list[Any]

_FORMS = {"if": "{% if … %}", "for": "{% for … in … %}"}
UNREADABLE = _("Ada tanda {{ … }} atau {% … %} yang tidak dikenal atau belum ditutup.")


class _Small(Engine):
    """An engine that knows two tags, no filter and no file."""

    default_builtins: ClassVar[list[str]] = []

    def __init__(self) -> None:
        super().__init__(autoescape=False, loaders=[])
        known = Library()
        known.tags = {"if": do_if, "for": do_for}
        self.template_builtins = [known]


_ENGINE = _Small()


@lru_cache(maxsize=512)
def compiled(source: str) -> Template:
    """The text made ready; raises TemplateSyntaxError."""
    return Template(source, engine=_ENGINE)


def fill(source: str, words: dict[str, Any]) -> str:
    """The text with its words."""
    return str(compiled(source).render(Context(words, autoescape=False)))


def faults(source: str, known: dict[str, Any], *, plain: bool = False) -> list[str | Promise]:
    """What is wrong with a text that may use `known`, as sentences; `plain`: words only."""
    try:
        nodes = compiled(source).nodelist
    except (TemplateSyntaxError, ValueError):
        return [UNREADABLE]
    return list(dict.fromkeys(_of_nodes(nodes, known, plain=plain, deep=False)))


def words_of(source: str) -> list[str]:
    """The words of a plain text in their order, each as often as it stands there."""
    nodes = compiled(source).nodelist
    return [str(n.filter_expression.token) for n in nodes if isinstance(n, VariableNode)]


def as_numbered(source: str) -> str:
    """A plain text with {{1}}, {{2}}, … in place of its words."""
    parts, number = [], 0
    for node in compiled(source).nodelist:
        if isinstance(node, VariableNode):
            number += 1
            parts.append(f"{{{{{number}}}}}")
        elif isinstance(node, TextNode):
            parts.append(node.s)
    return "".join(parts)


def names_in(source: str) -> set[str]:
    """Every word that a text names, in whatever place."""
    return set(_names(compiled(source).nodelist))


def tidy(value: Any) -> Any:
    """A value without line breaks, control characters and marks that turn the direction round."""
    if isinstance(value, str):
        if not value.isprintable():
            value = "".join(" " if unicodedata.category(c) in _UNSEEN else c for c in value)
        return " ".join(value.split())
    if isinstance(value, dict):
        return {name: tidy(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [tidy(one) for one in value]
    return value


_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _of_nodes(
    nodes: Any, scope: dict[str, Any], *, plain: bool, deep: bool
) -> Iterator[str | Promise]:
    for node in nodes:
        if isinstance(node, VariableNode):
            yield from _of_value(node.filter_expression, scope)
        elif isinstance(node, TextNode):
            continue
        elif plain:
            yield _("Di sini hanya kata {{ … }}, tanpa {% … %}.")
        elif isinstance(node, IfNode):
            for condition, inner in node.conditions_nodelists:
                if condition is not None:
                    yield from _of_condition(condition, scope)
                yield from _of_nodes(inner, scope, plain=False, deep=deep)
        elif isinstance(node, ForNode) and not deep:
            yield from _of_rows(node, scope)
        else:
            yield UNREADABLE


def _of_rows(node: ForNode, scope: dict[str, Any]) -> Iterator[str | Promise]:
    shape, wrong = _resolved(node.sequence, scope)
    if wrong:
        yield wrong
    elif not isinstance(shape, list) or len(node.loopvars) != 1:
        yield _not_a_list(node.sequence)
    else:
        inner = {**scope, node.loopvars[0]: shape[0]}
        yield from _of_nodes(node.nodelist_loop, inner, plain=False, deep=True)
        yield from _of_nodes(node.nodelist_empty, scope, plain=False, deep=True)


def _of_value(expression: FilterExpression, scope: dict[str, Any]) -> Iterator[str | Promise]:
    shape, wrong = _resolved(expression, scope)
    if wrong:
        yield wrong
    elif shape is not None:
        yield (
            _("{{ %(word)s }} adalah daftar: tulis baris demi baris dengan %(form)s.")
            % {"word": expression.token, "form": _FORMS["for"]}
        )


def _of_condition(condition: Any, scope: dict[str, Any]) -> Iterator[str | Promise]:
    """A word, or words with and, or, not."""
    if isinstance(condition, TemplateLiteral):
        _shape, wrong = _resolved(condition.value, scope)
        if wrong:
            yield wrong
    elif condition.id in {"and", "or", "not"}:
        for part in (condition.first, condition.second):
            if part is not None:
                yield from _of_condition(part, scope)
    else:
        yield _("%(form)s hanya menanyakan apakah sebuah kata terisi.") % {"form": _FORMS["if"]}


def _resolved(expression: Any, scope: dict[str, Any]) -> tuple[Shape, str | Promise | None]:
    """(what a name stands for, None), or (None, the sentence that says why not)."""
    variable = expression.var
    if expression.filters or not isinstance(variable, Variable) or variable.lookups is None:
        return None, UNREADABLE
    shape: Shape = scope
    for step in variable.lookups:
        if variable.translate or not isinstance(shape, dict) or step not in shape:
            return None, _unknown(str(expression.token), scope)
        shape = shape[step]
    return shape, None


def _unknown(name: str, scope: dict[str, Any]) -> str:
    return str(
        _("Kata {{ %(word)s }} tidak dikenal. Yang boleh dipakai: %(known)s.")
        % {"word": name, "known": ", ".join(scope)}
    )


def _not_a_list(expression: Any) -> str:
    return str(_("“%(word)s” bukan daftar.") % {"word": expression.token})


def _names(nodes: NodeList) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, VariableNode):
            yield str(node.filter_expression.token).partition(".")[0]
        for inner in getattr(node, "child_nodelists", ()):
            yield from _names(getattr(node, inner, None) or NodeList())
