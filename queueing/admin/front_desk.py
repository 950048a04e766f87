"""The front desk."""

from django.http import Http404, HttpRequest, HttpResponse


def front_desk(request: HttpRequest) -> HttpResponse:
    raise Http404


def act(request: HttpRequest, act: str) -> HttpResponse:
    raise Http404
