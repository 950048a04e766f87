"""Every error under /api/ as JSON: code, message, fields; what was sent is never echoed."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

_TEXTS: dict[int, tuple[str, Promise]] = {
    400: ("bad_request", _("Permintaan ini tidak dapat dibaca.")),
    401: ("not_signed_in", _("Sertakan token petugas yang masih berlaku.")),
    403: ("not_allowed", _("Anda tidak berwenang untuk itu.")),
    404: ("not_found", _("Alamat itu tidak ada. Lihat /api/v1/docs.")),
    405: ("method_not_allowed", _("Cara itu tidak dilayani di alamat ini. Lihat /api/v1/docs.")),
    413: ("too_big", _("Isian terlalu besar. Kirim lebih sedikit.")),
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
}
_DATE = _("Tanggal ditulis seperti 2026-11-25.")
_OTHER = _("Isian ini tidak dapat dipakai.")


def json_errors(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Turns Django's error pages under /api/ into JSON: unknown address, wrong method, crash."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
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
    return response


def _field(location: tuple[Any, ...]) -> str:
    """("body", "asked", "tickets", 0, "window") -> "tickets.0.window"."""
    parts = [str(part) for part in location[1:]]
    if location[0] == "body" and len(parts) > 1:
        parts = parts[1:]
    return ".".join(parts)


def _sentence(kind: str) -> Promise:
    return _DATE if kind.startswith("date") else _FIELDS.get(kind, _OTHER)
