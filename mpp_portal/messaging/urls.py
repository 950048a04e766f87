"""Addresses of the pages about messages, inside the admin."""

from django.urls import path

from mpp_portal.messaging import costs, texts

app_name = "messaging"
_ONE = "teks/<str:kind>/<str:language>/"
urlpatterns = [
    path("biaya/", costs.costs, name="costs"),
    path("teks/", texts.texts_page, name="texts"),
    path(_ONE, texts.text_page, name="text"),
    path(f"{_ONE}pratinjau/", texts.preview, name="preview"),
    path(f"{_ONE}surat/", texts.mail, name="mail"),
    path(f"{_ONE}bawaan/", texts.reset, name="reset"),
    path(f"{_ONE}uji/", texts.try_out, name="try_out"),
]
