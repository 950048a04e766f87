"""Saved rows that rebuild the days they touch: previewed when somebody is affected, then whole."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from queueing import rules
from queueing.admin import preview
from queueing.models import Queue
from queueing.refusals import Refusal
from queueing.rules.displacing import OTHER_HOURS


class Rearranging:
    """Rebuilds the days of the queues that a saved or deleted row touches, in its transaction.

    When bookings are affected all is undone and the preview comes first; the confirmed form runs
    again, and when it would now come out otherwise, the new preview does. A refusal undoes all and
    stands on the page.
    """

    def queues_of(self, rows: Iterable[Any]) -> QuerySet[Queue]:
        raise NotImplementedError

    def reason_of(self, rows: Iterable[Any]) -> str | Promise:
        """What citizens are told of why."""
        return OTHER_HOURS

    def rebuild(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        rows = list(rows)
        queues = self.queues_of(rows).select_related("mall", "agency")
        done = rules.rearrange(queues=list(queues), at=timezone.now(), reason=self.reason_of(rows))
        preview.must_be_confirmed(request, done)
        preview.report(request, done)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any):
        form = super().get_form(request, obj, change=change, **kwargs)

        class RefusableForm(form):
            def clean(self: forms.ModelForm) -> Any:
                if why := getattr(request, "not_saved", None):
                    raise ValidationError(why)
                return super().clean()

        return RefusableForm

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if preview.STAY in request.POST:
            return self._as_filled(request, *args, **kwargs)
        try:
            return super().changeform_view(request, *args, **kwargs)
        except preview.NotYet as asked:
            return preview.page(request, asked.done, title=_("Pratinjau perubahan"))
        except Refusal as refusal:
            # All is rolled back. The same form again, which now knows the refusal, stays open.
            request.not_saved = refusal.message
            return super().changeform_view(request, *args, **kwargs)

    def _as_filled(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form as it came back from the preview: open, as it was filled, nothing saved."""
        request.not_saved = _("Belum ada yang disimpan. Ubah seperlunya, lalu simpan.")
        response = super().changeform_view(request, *args, **kwargs)
        if context := getattr(response, "context_data", None):
            errors = context["adminform"].form.errors
            errors.pop(NON_FIELD_ERRORS, None)
            context["errors"] = errors and context["errors"]
            messages.info(request, request.not_saved)
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        request.rows_before = list(self.model._default_manager.filter(pk=obj.pk))
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self.rebuild(request, [*request.rows_before, form.instance])

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any):
        try:
            return super().delete_view(request, object_id, *args, **kwargs)
        except preview.NotYet as asked:
            back = reverse(
                f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id]
            )
            title = _("Pratinjau penghapusan")
            return preview.page(request, asked.done, title=title, back=back)
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().changelist_view(request, *args, **kwargs)
        except preview.NotYet as asked:
            back = request.get_full_path()
            title = _("Pratinjau perubahan")
            return preview.page(request, asked.done, title=title, back=back)
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return redirect(request.get_full_path())

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        self.rebuild(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        rows = list(queryset)
        super().delete_queryset(request, queryset)
        self.rebuild(request, rows)


class OfAPlace(Rearranging):
    """Rows that name a mall and perhaps an agency touch every active queue of that place."""

    def queues_of(self, rows: Iterable[Any]) -> QuerySet[Queue]:
        places = Q(pk__in=[])
        for row in rows:
            agency_id = getattr(row, "agency_id", None)
            places |= Q(mall=row.mall_id) & (Q(agency=agency_id) if agency_id else Q())
        return Queue.objects.filter(places, active=True)

    def reason_of(self, rows: Iterable[Any]) -> str | Promise:
        """The reason of a closure, the name of a holiday: of the row as it is now."""
        row = list(rows)[-1]
        return getattr(row, "reason", "") or getattr(row, "name", "") or OTHER_HOURS
