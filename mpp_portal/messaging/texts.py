"""The texts of messages in the admin: every kind, edited beside its preview, tried, given back.

Texts are the installation's: only who manages all of its malls may change them.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mpp_portal.look import mall_of
from mpp_portal.messaging.names import to_try
from mpp_portal.messaging.preview import known_words, seen, words
from notifications import rules, texts
from notifications.models import Message, MessageText
from notifications.refusals import Refusal
from notifications.rules.wording import MOST_LETTERS
from notifications.words import KINDS
from privacy.identity import BadIdentity, normalise_email, normalise_phone
from services.permissions import ARRANGE, holds_every_mall

View = Callable[..., HttpResponse]
# What the mail shows is the mail, and nothing that it may contain is run or fetched.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
_DRAFT = "message_text_draft"


class TextForm(forms.Form):
    """A text; what it says is checked by the rule."""

    subject = forms.CharField(label=gettext_lazy("Judul"), max_length=MOST_LETTERS["subject"])
    short = forms.CharField(
        label=gettext_lazy("Pesan singkat"),
        max_length=MOST_LETTERS["short"],
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy("Untuk SMS, WhatsApp, dan pemberitahuan. Satu baris."),
    )
    body = forms.CharField(
        label=gettext_lazy("Isi"),
        max_length=MOST_LETTERS["body"],
        widget=forms.Textarea({"rows": 14}),
        help_text=gettext_lazy(
            "Untuk surel. Baris yang diakhiri titik dua di atas tautan menjadi tulisan di tombol."
        ),
    )

    def text(self) -> texts.Text:
        """What was typed, whether it is in order or not."""
        said = {name: self.data.get(name, "").replace("\r\n", "\n") for name in MOST_LETTERS}
        return texts.Text(**{name: said[name][: most + 1] for name, most in MOST_LETTERS.items()})

    def show(self, found: dict[str, list[Any]]) -> None:
        """Put the rule's sentences at their fields."""
        for name, sentences in found.items():
            for sentence in sentences:
                if str(sentence) not in self.errors.get(name, []):
                    self.add_error(name if name in self.fields else None, sentence)


def may_word(view: View) -> View:
    """Only for who manages every mall; and only a kind and language that there are."""

    @wraps(view)
    def guarded(request: HttpRequest, **which: str) -> HttpResponse:
        if not holds_every_mall(request.user, ARRANGE):
            raise PermissionDenied
        if which and (which["kind"] not in KINDS or which["language"] not in texts.LANGUAGES):
            raise Http404
        return view(request, **which)

    return guarded


@admin.site.admin_view
@never_cache
@require_safe
@may_word
def texts_page(request: HttpRequest) -> HttpResponse:
    """Every kind in every language, whether it was edited or not."""
    rows = MessageText.objects.select_related("changed_by")
    edited = {(row.kind, row.language): row for row in rows}
    kinds = [
        {
            "name": Message.Kind(kind).label,
            "key": kind,
            "texts": [_listed(kind, language, edited) for language in texts.LANGUAGES],
        }
        for kind in KINDS
    ]
    page = {**admin.site.each_context(request), "title": _("Teks pesan"), "kinds": kinds}
    return render(request, "messaging/texts.html", page)


def _listed(kind: str, language: str, edited: dict[tuple[str, str], MessageText]) -> dict[str, Any]:
    row = edited.get((kind, language))
    text = _text_of(row) if row else texts.default(kind, language)
    look = seen(kind, language, text, "")
    return {
        "language": MessageText.Language(language).label,
        "key": language,
        "row": row,
        "subject": text.subject,
        "is_broken": look.written is None,
        "mind": look.mind,
    }


def _text_of(row: MessageText) -> texts.Text:
    return texts.Text(row.subject, row.short, row.body)


@admin.site.admin_view
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@may_word
def text_page(request: HttpRequest, *, kind: str, language: str) -> HttpResponse:
    """One text with its preview; a POST keeps it."""
    row = MessageText.objects.filter(kind=kind, language=language).first()
    if request.method != "POST":
        draft = request.session.pop(_DRAFT, None)
        if draft and draft.pop("of", None) == [kind, language]:
            return _show(request, kind, language, row, TextForm(draft), is_draft=True)
        text = _text_of(row) if row else texts.default(kind, language)
        return _show(request, kind, language, row, TextForm(vars(text)))
    form = TextForm(request.POST)
    try:
        is_own = rules.keep_text(
            kind=kind, language=language, text=form.text(), by=request.user, at=timezone.now()
        )
    except Refusal as refusal:
        form.show(refusal.fields)
        return _show(request, kind, language, row, form, is_draft=True, status=422)
    said = _("Teks disimpan. Semua pesan memakainya dalam satu menit.")
    messages.success(
        request, said if is_own else _("Ini sama dengan teks bawaan; itu yang dipakai.")
    )
    return redirect("messaging:text", kind=kind, language=language)


def _show(
    request: HttpRequest,
    kind: str,
    language: str,
    row: MessageText | None,
    form: TextForm,
    *,
    is_draft: bool = False,
    problem: Any = "",
    status: int = 200,
) -> HttpResponse:
    name = Message.Kind(kind).label
    with override("id"):  # the history keeps names in Indonesian
        kept_as = str(MessageText(kind=kind, language=language))
    history = {"jenis": "messagetext", "q": kept_as}
    look = seen(kind, language, form.text(), _mall_name(request))
    if is_draft:
        form.show(look.wrong)
    page = {
        **admin.site.each_context(request),
        "title": _("Teks pesan: %(name)s") % {"name": name},
        "kind": kind,
        "language": language,
        "languages": MessageText.Language.choices,
        "row": row,
        "form": form,
        "errors": [(form[field], sentences) for field, sentences in form.errors.items()]
        if is_draft
        else [],
        "is_draft": is_draft,
        "look": look,
        "words": known_words(kind, language),
        "channels": to_try(),
        "problem": problem,
        "typed": request.POST if status != 200 else {},
        "default": texts.default(kind, language),
        "history": f"{reverse('admin:auditlog_logentry_changelist')}?{urlencode(history)}",
    }
    return render(request, "messaging/text.html", page, status=status)


def _mall_name(request: HttpRequest) -> str:
    mall = mall_of(request)
    return mall.name if mall else ""


@admin.site.admin_view
@never_cache
@require_POST
@may_word
def preview(request: HttpRequest, *, kind: str, language: str) -> HttpResponse:
    """What was typed, with example words; the page's script asks for it, nothing is kept."""
    look = seen(kind, language, TextForm(request.POST).text(), _mall_name(request))
    return render(request, "messaging/_preview.html", {"look": look, "language": language})


@admin.site.admin_view
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@may_word
def mail(request: HttpRequest, *, kind: str, language: str) -> HttpResponse:
    """The e-mail alone, for the frame beside the form: what is kept, or what was typed."""
    if request.method == "POST":
        text = TextForm(request.POST).text()
    else:
        row = MessageText.objects.filter(kind=kind, language=language).first()
        text = _text_of(row) if row else texts.default(kind, language)
    look = seen(kind, language, text, _mall_name(request))
    response = HttpResponse(look.written.html if look.written else "")
    response["Content-Security-Policy"] = MAIL_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


@admin.site.admin_view
@never_cache
@require_POST
@may_word
def reset(request: HttpRequest, *, kind: str, language: str) -> HttpResponse:
    """The text that came with the portal is used again."""
    if rules.reset_text(kind=kind, language=language):
        messages.success(request, _("Teks bawaan dipakai lagi. Yang lama ada di riwayat."))
    return redirect("messaging:text", kind=kind, language=language)


@admin.site.admin_view
@never_cache
@require_POST
@may_word
def try_out(request: HttpRequest, *, kind: str, language: str) -> HttpResponse:
    """Send what was typed, kept or not, to an address of the person's choice."""
    form = TextForm(request.POST)
    channel = request.POST.get("channel", "")
    mall = mall_of(request)
    try:
        about = rules.try_out(
            kind=kind,
            language=language,
            text=form.text(),
            channel=channel,
            **_reach(channel, request.POST.get("address", "")),
            mall_id=mall.pk if mall else None,
            mall=words(kind, language, mall.name if mall else "")["mall"],
            by=request.user,
            at=timezone.now(),
        )
    except (Refusal, BadIdentity) as refusal:
        row = MessageText.objects.filter(kind=kind, language=language).first()
        form.show(getattr(refusal, "fields", {}))
        return _show(
            *(request, kind, language, row, form),
            is_draft=True,
            problem=refusal.message,
            status=422,
        )
    request.session[_DRAFT] = {"of": [kind, language], **vars(form.text())}
    outbox = reverse("admin:notifications_message_changelist")
    messages.success(
        request,
        format_html(
            '{} <a class="underline" href="{}?{}">{}</a>',
            _("Pesan uji coba masuk antrean kirim."),
            outbox,
            urlencode({"keadaan": "semua", "q": about}),
            _("Lihat hasilnya"),
        ),
    )
    return redirect("messaging:text", kind=kind, language=language)


def _reach(channel: str, address: str) -> dict[str, str]:
    """Where the test goes; raises BadIdentity, or Refusal for a channel that is not set up."""
    if channel not in dict(to_try()):
        raise Refusal("unreachable")
    if channel == "email" or (channel == "console" and "@" in address):
        return {"email": normalise_email(address)}
    return {"phone": normalise_phone(address)}
