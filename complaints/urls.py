"""Addresses of the complaints desk."""

from django.urls import path

from complaints import views
from services import converters  # noqa: F401  (registers <mall:...>)

app_name = "complaints"
urlpatterns = [
    path("pengaduan/", views.lookup, name="lookup"),
    path("pengaduan/<str:number>/", views.case, name="case"),
    path("pengaduan/<str:number>/cabut/", views.withdraw, name="withdraw"),
    path("<mall:mall>/pengaduan/", views.new, name="new"),
]
