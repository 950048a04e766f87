"""Which columns of the catalogue are kept in Indonesian and English."""

from modeltranslation.translator import TranslationOptions, register

from services.models import Mall, Paper, ServiceType


@register(ServiceType)
class ServiceTypeTranslation(TranslationOptions):
    fields = ("name",)
    required_languages = ("id",)


@register(Mall)
class MallTranslation(TranslationOptions):
    fields = ("greeting", "facilities")


@register(Paper)
class PaperTranslation(TranslationOptions):
    fields = ("name", "where")
    required_languages = {"id": ("name",)}
