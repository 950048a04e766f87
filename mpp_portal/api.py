"""The API, assembled: rooms' operations, bearer tokens, errors, keys of repeated requests, docs."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.security import HttpBearer

from accounts.models import User
from accounts.rules import user_for_token
from complaints.api import router as complaints_router
from mpp_portal import api_errors
from mpp_portal.idempotency import answered_once
from queueing.api import counters, public, statistics
from services import api as catalogue


class OfficersToken(HttpBearer):
    """An officer's own token; sessions of a browser do not count, so there is nothing to forge."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        return user_for_token(token=token, at=timezone.now())


class PortalApi(NinjaAPI):
    """Answers are never kept by anyone on the way: many hold a visit's token."""

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        response = super().create_temporal_response(request)
        response["Cache-Control"] = "no-store"
        return response


api = PortalApi(
    title="Portal MPP",
    version="1",
    urls_namespace="api",
    docs_url=None,  # its pages need scripts from elsewhere; `docs` lists the operations
)
api_errors.install(api)
api.add_decorator(answered_once)
api.add_router("", catalogue.router)
api.add_router("", public.router)
api.add_router("", statistics.router)
api.add_router("", complaints_router)
api.add_router("", counters.router, auth=OfficersToken())


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Every operation on one plain page, from the same schema that openapi.json gives."""
    schema: dict[str, Any] = api.get_openapi_schema()
    operations = [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("summary", ""),
            "description": operation.get("description", ""),
            "officers": bool(operation.get("security")),
            "parameters": operation.get("parameters", []),
            "body": _body(schema, operation),
            "statuses": sorted(operation.get("responses", {})),
        }
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    return render(request, "mpp_portal/api_docs.html", {"operations": operations})


def _body(schema: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of an operation's body: name and whether it must be there."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    part = content.get("schema", {})
    for option in (part, *part.get("anyOf", [])):
        if name := option.get("$ref", "").rpartition("/")[2]:
            model = schema["components"]["schemas"][name]
            needed = model.get("required", [])
            return [
                {"name": field, "needed": field in needed} for field in model.get("properties", {})
            ]
    return []
