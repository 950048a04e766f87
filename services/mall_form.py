"""A mall's form in the admin: colours as text beside a picker, the logo with its address."""

from typing import Any

from django import forms
from django.db.models.fields.files import FieldFile
from django.forms.widgets import Media, Script
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import (
    COLOR_CLASSES,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminTextInputWidget,
)

from services import logos
from services.models import Mall


class ColourInput(UnfoldAdminTextInputWidget):
    """A colour as #1a2b3c; with JavaScript a picker beside it that follows and is followed."""

    @property
    def media(self) -> Media:
        return Media(js=[Script("js/colour.js", defer=True)])

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        text = super().render(
            name,
            value,
            {**(attrs or {}), "pattern": "#[0-9a-f]{6}", "data-colour": name},
            renderer,
        )
        return format_html(
            '<div class="flex flex-row gap-2">{}<input type="color" hidden value="{}"'
            ' data-colour-of="{}" tabindex="-1" aria-hidden="true" class="{}"></div>',
            text,
            value or "#000000",
            name,
            " ".join(COLOR_CLASSES),
        )


class LogoInput(UnfoldAdminFileFieldWidget):
    """A file whose present content is shown at the address that citizens see."""

    def format_value(self, value: Any) -> Any:
        shown = super().format_value(value)
        return _Kept(shown) if isinstance(shown, FieldFile) else shown


class _Kept:
    def __init__(self, logo: FieldFile) -> None:
        self.name = logo.name
        self.url = logo_address(logo.instance)

    def __str__(self) -> str:
        return self.name


def logo_address(mall: Mall) -> str:
    """Where the mall's logo is served; the address changes with the logo."""
    return f"{reverse('services:logo', args=[mall.slug])}?v={logos.version(mall.logo.name)}"


class MallForm(forms.ModelForm):
    class Meta:
        model = Mall
        fields = "__all__"  # noqa: DJ007 - the admin's own form
        widgets = {
            "primary_colour": ColourInput,
            "accent_colour": ColourInput,
            "logo": LogoInput(attrs={"accept": ".svg,.png"}),
        }
