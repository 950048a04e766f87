"""Array columns in forms of the admin: a text with one entry per line."""

from typing import Any, ClassVar

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget


class LinesField(forms.CharField):
    """A list written one entry per line, so that an entry may hold commas."""

    widget = UnfoldAdminTextareaWidget

    def __init__(self, *, entry_length: int, **kwargs: Any) -> None:
        self.entry_length = entry_length
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        lines = [line.strip() for line in (super().to_python(value) or "").splitlines()]
        for line in lines:
            if len(line) > self.entry_length:
                raise ValidationError(
                    _("Satu baris paling panjang %(limit)d huruf.") % {"limit": self.entry_length}
                )
        return [line for line in lines if line]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)


class ListsByLine:
    """Show array columns as text with one entry per line; `hints` say more about some of them."""

    hints: ClassVar[dict[str, Any]] = {}

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any):
        if isinstance(db_field, ArrayField):
            return LinesField(
                entry_length=db_field.base_field.max_length,
                required=not db_field.blank,
                label=capfirst(db_field.verbose_name),
                help_text=self.hints.get(db_field.name, _("Satu per baris.")),
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)
