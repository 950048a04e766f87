"""What openapi.json and the docs page say: the operations, and what all of them have in common.

The library knows an operation's parameters, body and answer. Added here, from its shape: each
status it may answer besides, the header of repeats, tokens and scopes. The reader's language.
"""

from functools import cache
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from accounts.api import LONGEST_KEY, Bearer, BearerOrNobody
from accounts.models import ApiToken

_ABOUT = _(
    "JSON di mana-mana. Waktu ditulis ISO 8601 dengan selisih zona; lama dalam detik berakhir _s. "
    "Daftar: items dan next. Galat: code untuk program, message untuk orang, fields per isian."
)
_STATUSES = {
    304: _("Belum berubah sejak ETag yang dikirim di If-None-Match."),
    400: _("Permintaan tidak dapat dibaca."),
    401: _("Token tidak ada, salah, habis masanya, atau dicabut."),
    403: _("Bukan wewenang Anda, atau token tidak mencakup lingkup ini (scope_missing)."),
    404: _("Tidak ada, atau tidak untuk Anda."),
    409: _("Keadaan tidak mengizinkan; code menyebut sebabnya. in_flight: masih dikerjakan."),
    413: _("Isi terlalu besar."),
    415: _("Isi bukan application/json."),
    422: _("Ada isian yang perlu diperbaiki. request_reused: kunci sudah dipakai isian lain."),
    429: _("Terlalu sering; Retry-After menyebut berapa detik lagi."),
    503: _("Sedang ramai atau dirawat; Retry-After menyebut berapa detik lagi."),
}
_WAITS = {409, 429, 503}  # where Retry-After may stand
_RETRY = _("detik sampai boleh mencoba lagi")
_ERROR = {
    "type": "object",
    "required": ["code", "message", "fields"],
    "properties": {
        "code": {"type": "string", "examples": ["full"]},
        "message": {"type": "string"},
        "fields": {"type": "object", "additionalProperties": {"type": "string"}},
        "next_date": {"type": "string", "format": "date"},
    },
}
_ABOUT_KEYS = _(
    "Pilihan Anda, satu per kehendak. Dalam 24 jam permintaan yang sama dengan kunci yang sama "
    "dikerjakan satu kali; isi lain: 422; masih dikerjakan: 409. Jawaban 5xx tidak disimpan."
)
_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": LONGEST_KEY},
    "description": _ABOUT_KEYS,
}
_TAG = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": _("ETag dari jawaban sebelumnya"),
}
_TOKEN = _("Token petugas atau sistem: Authorization: Bearer mpp_...")
# A line to try, for the operations that people start with.
_CURL = {
    ("get", "/api/v1/malls/{mall}/services"): "curl '{base}/malls/gajah-mada/services?q=ktp'",
    (
        "get",
        "/api/v1/malls/{mall}/services/{code}/windows",
    ): "curl '{base}/malls/gajah-mada/services/DUKCAPIL-02/windows'",
    ("post", "/api/v1/visits"): (
        "curl -X POST '{base}/visits' -H 'Content-Type: application/json' \\\n"
        "  -H 'Idempotency-Key: 7f0c-1' \\\n"
        '  -d \'{{"mall": "gajah-mada", "name": "Siti Aminah",\n'
        '       "tickets": [{{"service": "DUKCAPIL-02", "window": 123}}]}}\''
    ),
    ("get", "/api/v1/visits/{token}"): (
        "curl -i '{base}/visits/TOKEN' -H 'If-None-Match: W/\"...\"'"
    ),
    ("post", "/api/v1/visits/{token}/cancel"): "curl -X POST '{base}/visits/TOKEN/cancel'",
    ("get", "/api/v1/malls/{mall}/statistics"): (
        "curl '{base}/malls/gajah-mada/statistics?by=agency&format=csv'"
    ),
    ("post", "/api/v1/complaints"): (
        "curl -X POST '{base}/complaints' -H 'Content-Type: application/json' \\\n"
        '  -d \'{{"mall": "gajah-mada", "kind": "complaint", "text": "..."}}\''
    ),
    ("get", "/api/v1/complaints/{number}"): "curl '{base}/complaints/NOMOR' -H 'X-PIN: 123456'",
    ("get", "/api/v1/counters"): "curl '{base}/counters' -H 'Authorization: Bearer mpp_...'",
    ("post", "/api/v1/counters/{counter}/call-next"): (
        "curl -X POST '{base}/counters/1/call-next' -H 'Authorization: Bearer mpp_...'"
    ),
}


class _Description(OpenAPISchema):
    """The library's description, with what it cannot know."""

    def operation_details(self, operation: Operation) -> dict[str, Any]:
        details = super().operation_details(operation)
        acts = operation.methods == ["POST"]
        secret = any(parameter["name"] == "X-PIN" for parameter in details["parameters"])
        for parameter in details["parameters"]:
            _drop_null(parameter["schema"])
        if acts:
            details["parameters"].append(_KEY)
        elif not secret:
            details["parameters"].append(_TAG)
            details["responses"][304] = {"description": _STATUSES[304]}
        bearer: Bearer = operation.auth_callbacks[0]  # type: ignore[assignment]
        scopes = [str(scope) for scope in bearer.scopes]
        needless: list[dict[str, Any]] = [{}] if isinstance(bearer, BearerOrNobody) else []
        details["security"] = [*needless, {"token": scopes}]
        for status in _may_answer(operation, acts, "requestBody" in details, scopes):
            details["responses"][status] = {"$ref": f"#/components/responses/Error{status}"}
        return details

    def operation_security(self, operation: Operation) -> None:
        return None

    def get_components(self) -> dict[str, Any]:
        components = super().get_components()
        components["schemas"]["Error"] = _ERROR
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
        wait = {"Retry-After": {"schema": {"type": "integer"}, "description": _RETRY}}
        components["responses"] = {
            f"Error{status}": {
                "description": text,
                "content": content,
                **({"headers": wait} if status in _WAITS else {}),
            }
            for status, text in _STATUSES.items()
            if status >= 400
        }
        components["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": _TOKEN}
        }
        return components


def _may_answer(operation: Operation, acts: bool, has_body: bool, scopes: list[str]) -> list[int]:
    """The errors that an operation of this shape can answer."""
    asks = any(model.__ninja_param_source__ != "path" for model in operation.models)
    return [
        400,
        401,
        *([403] if scopes else []),
        *([404] if acts or "{" in operation.path else []),
        *([409] if acts else []),
        *([413, 415] if has_body else []),
        *([422] if acts or asks else []),
        429,
        503,
    ]


def _drop_null(schema: dict[str, Any]) -> None:
    """A parameter that need not be there is left out; it is never null."""
    options = [one for one in schema.get("anyOf", []) if one != {"type": "null"}]
    if len(options) == 1:
        del schema["anyOf"]
        schema.update(options[0])


def describe(api: NinjaAPI, **where: Any) -> dict[str, Any]:
    """The OpenAPI description, in the language of the reader; worked out once for each."""
    prefix = where.get("path_prefix") or api.get_root_path(where.get("path_params") or {})
    return _described(api, prefix, get_language() or settings.LANGUAGE_CODE)


@cache
def _described(api: NinjaAPI, prefix: str, _language: str) -> dict[str, Any]:
    description = _Description(api, prefix)
    description["info"]["description"] = _ABOUT
    return _in_the_readers_language(dict(description))


def page(description: dict[str, Any]) -> dict[str, Any]:
    """What the docs page shows of it: operations by tag, scopes, statuses, limits."""
    rooms: dict[str, list[dict[str, Any]]] = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            needs = operation["security"]
            shown = {
                "id": operation["operationId"],
                "method": method.upper(),
                "path": path,
                "summary": operation["summary"],
                "description": operation.get("description", ""),
                "scopes": needs[-1]["token"],
                "needs_token": {} not in needs,
                "parameters": operation["parameters"],
                "body": _fields(description, operation),
                "statuses": sorted(operation["responses"]),
                "curl": _CURL.get((method, path), "").format(base=f"{settings.BASE_URL}/api/v1"),
            }
            rooms.setdefault(operation["tags"][0], []).append(shown)
    return {
        "rooms": rooms,
        "about": description["info"]["description"],
        "statuses": {status: gettext(text) for status, text in _STATUSES.items()},
        "key": gettext(_ABOUT_KEYS),
        "scopes": [(str(scope), scope.label) for scope in ApiToken.Scope],
        "limits": {
            "token": settings.API_TOKEN_PER_MINUTE,
            "reads": settings.API_READS_PER_MINUTE,
            "writes": settings.API_WRITES_PER_MINUTE,
        },
    }


def _in_the_readers_language(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            name: gettext(value)
            if name in {"summary", "description"} and isinstance(value, str) and value
            else [gettext(tag) for tag in value]
            if name == "tags"
            else _in_the_readers_language(value)
            for name, value in part.items()
        }
    if isinstance(part, list):
        return [_in_the_readers_language(one) for one in part]
    return part


def _fields(description: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of an operation's body: name, whether it must be there, what it is."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})
    for option in (schema, *schema.get("anyOf", [])):
        if name := option.get("$ref", "").rpartition("/")[2]:
            model = description["components"]["schemas"][name]
            needed = model.get("required", [])
            return [
                {"name": field, "needed": field in needed, "about": about.get("description", "")}
                for field, about in model.get("properties", {}).items()
            ]
    return []
