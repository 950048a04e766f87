"""The API, assembled: rooms' operations, bearer tokens, limits, errors, repeats, the docs page."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe
from ninja import NinjaAPI

from accounts.api import BearerOrNobody
from complaints.api import router as complaints_router
from mpp_portal import api_description, api_errors
from mpp_portal.idempotency import answered_once
from mpp_portal.limits import PerMinute
from queueing.api import counters, public, statistics
from services import api as catalogue


class PortalApi(NinjaAPI):
    """Answers are never kept by anyone on the way: many hold a visit's token."""

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        response = super().create_temporal_response(request)
        response["Cache-Control"] = "no-store"
        return response

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        return api_description.describe(self, **kwargs)


def asked_again(operation: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """ETags on reads: whoever has this very answer is told so (304) instead of it.

    The tag is weak: what is compressed on the way says the same. Who asks keeps the answer for
    itself and asks each time; complaints are kept by nobody.
    """

    @wraps(operation)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = operation(request, *args, **kwargs)
        if request.method != "GET" or response.status_code != 200 or "X-PIN" in request.headers:
            return response
        etag = f'W/"{hashlib.blake2b(response.content, digest_size=16).hexdigest()}"'
        response["ETag"] = etag
        response["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ["Authorization"])
        return get_conditional_response(request, etag=etag, response=response) or response

    return run


api = PortalApi(
    title="Portal MPP",
    version="1",
    urls_namespace="api",
    docs_url=None,  # its pages need scripts from elsewhere; `docs` lists the operations
    auth=BearerOrNobody(),
    throttle=[PerMinute()],
)
api_errors.install(api)
api.add_decorator(answered_once)
api.add_decorator(api_errors.json_only, mode="view")
api.add_decorator(asked_again, mode="view")
for router in (
    catalogue.router,
    public.router,
    public.visits,
    statistics.router,
    complaints_router,
    counters.router,
):
    api.add_router("", router)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Every operation on one plain page, from the same schema that openapi.json gives."""
    page = api_description.page(api.get_openapi_schema())
    return render(request, "mpp_portal/api_docs.html", page)
