"""Which columns of the catalogue are kept in Indonesian and English."""

from modeltranslation.translator import TranslationOptions, register

from services.models import ServiceType


@register(ServiceType)
class ServiceTypeTranslation(TranslationOptions):
    fields = ("name",)
    required_languages = ("id",)
