"""Every error under /api/ as JSON: code, message, fields; what was sent is never echoed."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from mpp_portal.limits import seconds_left

_TEXTS: dict[int, tuple[str, Promise]] = {
    400: ("bad_request", _("Permintaan ini tidak dapat dibaca.")),
    401: ("not_signed_in", _("Sertakan token yang masih berlaku.")),
    403: ("not_allowed", _("Anda tidak berwenang untuk itu.")),
    404: ("not_found", _("Alamat itu tidak ada. Lihat /api/v1/docs.")),
    405: ("method_not_allowed", _("Cara itu tidak dilayani di alamat ini. Lihat /api/v1/docs.")),
    409: ("in_flight", _("Permintaan dengan kunci ini masih dikerjakan. Kirim lagi nanti.")),
    413: ("too_big", _("Isian terlalu besar. Kirim lebih sedikit.")),
    415: ("not_json", _("Kirim isinya sebagai JSON, dengan Content-Type: application/json.")),
    429: ("too_often", _("Terlalu sering. Tunggu sampai menit berikutnya, lalu coba lagi.")),
    500: ("failed", _("Ada yang salah di pihak kami. Coba lagi sebentar lagi.")),
}
_BAD_JSON = _("Isi permintaan bukan JSON yang sah.")
_BAD_INPUT = _("Ada isian yang perlu diperbaiki.")
_FIELDS: dict[str, Promise] = {
    "missing": _("Wajib diisi."),
    "string_type": _("Harus berupa teks."),
    "int_type": _("Harus berupa bilangan bulat."),
    "int_parsing": _("Harus berupa bilangan bulat."),
    "int_from_float": _("Harus berupa bilangan bulat."),
    "list_type": _("Harus berupa daftar."),
    "string_too_long": _("Terlalu panjang."),
    "too_long": _("Terlalu banyak."),
    "literal_error": _("Pilih salah satu dari daftar."),
    "uuid_parsing": _("Bukan tanda pengenal yang sah."),
    "bool_type": _("Harus true atau false."),
}
_DATE = _("Tanggal ditulis seperti 2026-11-25.")
_OTHER = _("Isian ini tidak dapat dipakai.")


def json_errors(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Turns Django's error pages under /api/ into JSON: unknown address, wrong method, crash.

    Every answer that was counted says how many are left.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if rate := getattr(request, "rate", None):
            limit, left = rate
            response["RateLimit-Limit"], response["RateLimit-Remaining"] = str(limit), str(left)
            response["RateLimit-Reset"] = str(seconds_left())
        if (
            response.status_code < 400
            or not request.path.startswith("/api/")
            or response.get("Content-Type", "").startswith("application/json")
        ):
            return response
        answer = _answer(response.status_code)
        if "Allow" in response:
            answer["Allow"] = response["Allow"]
        return answer

    return handle


def install(api: NinjaAPI) -> None:
    """Teach the API to answer its own errors in the house's shape."""
    api.add_exception_handler(ValidationError, _bad_input)
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(AuthenticationError, _not_signed_in)
    api.add_exception_handler(RequestDataTooBig, lambda request, error: _answer(413))


def json_only(operation: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A body has to say that it is JSON; an empty one says nothing."""

    @wraps(operation)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sent = request.headers.get("Content-Length") not in {None, "", "0"}
        if sent and request.content_type != "application/json":
            return _answer(415)
        return operation(request, *args, **kwargs)

    return run


def _bad_input(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = {_field(part["loc"]): str(_sentence(part["type"])) for part in error.errors}
    return JsonResponse(
        {"code": "bad_input", "message": str(_BAD_INPUT), "fields": fields}, status=422
    )


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == 400:  # the only one the library raises: a body that is no JSON
        return JsonResponse(
            {"code": "bad_json", "message": str(_BAD_JSON), "fields": {}}, status=400
        )
    return _answer(error.status_code)


def _not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    response = _answer(401)
    response["WWW-Authenticate"] = "Bearer"
    return response


def _answer(status: int) -> HttpResponse:
    code, text = _TEXTS.get(status, _TEXTS[500 if status >= 500 else 400])
    body: dict[str, Any] = {"code": code, "message": str(text), "fields": {}}
    response = JsonResponse(body, status=status)
    response["Cache-Control"] = "no-store"
    if status == 409:
        response["Retry-After"] = "1"
    return response


def _field(location: tuple[Any, ...]) -> str:
    """("body", "asked", "tickets", 0, "window") -> "tickets.0.window"."""
    parts = [str(part) for part in location[1:]]
    if location[0] == "body" and len(parts) > 1:
        parts = parts[1:]
    return ".".join(parts)


def _sentence(kind: str) -> Promise:
    return _DATE if kind.startswith("date") else _FIELDS.get(kind, _OTHER)
