"""Addresses of the survey inside the admin."""

from django.urls import path

from surveys import admin

app_name = "survey_desk"
urlpatterns = [
    path("survei/", admin.results, name="results"),
    path("survei/kertas/", admin.paper, name="paper"),
]
