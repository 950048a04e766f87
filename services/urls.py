"""Addresses of the catalogue, and the switch of language."""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language

from services import converters, views  # noqa: F401  (registers <mall:...>)

app_name = "services"
urlpatterns = [
    path("", views.malls, name="malls"),
    # without a token: pages that carry none can be the same for everybody
    path("bahasa/", csrf_exempt(set_language), name="language"),
    path("<mall:mall>/warna.css", views.mall_colours, name="colours"),
    path("<mall:mall>/logo", views.mall_logo, name="logo"),
]
