"""Addresses of the survey for citizens."""

from django.urls import path

from surveys import views

app_name = "surveys"
urlpatterns = [
    path("survei/<str:token>/", views.question, name="start"),
    path("survei/<str:token>/<int:number>/", views.question, name="question"),
    path("survei/<str:token>/tentang-anda/", views.profile, name="profile"),
    path("survei/<str:token>/saran/", views.words, name="words"),
    path("survei/<str:token>/selesai/", views.done, name="done"),
]
