"""All addresses of the portal."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from mpp_portal import api, dashboards, health, installable, sign_in
from mpp_portal.first_run.views import poster
from services import converters  # noqa: F401  (registers <mall:...>)

handler400 = "mpp_portal.errors.bad_request"
handler403 = "mpp_portal.errors.forbidden"
handler404 = "mpp_portal.errors.not_found"
handler500 = "mpp_portal.errors.failed"
urlpatterns = [
    path("sehat/", health.health, name="health"),
    path("mulai/", include("mpp_portal.first_run.urls")),
    path("demo/pesan/", include("mpp_portal.demo_messages.urls")),
    path("<mall:mall>/poster/", poster, name="poster"),
    path("sw.js", installable.worker, name="worker"),
    path("<mall:mall>/manifest.webmanifest", installable.manifest, name="manifest"),
    path("<mall:mall>/ikon-<int:size>.png", installable.icon, name="icon"),
    path("<mall:mall>/tanpa-sinyal/", installable.offline, name="offline"),
    path("dasbor/", dashboards.dashboard, name="dashboard"),
    path("admin/", include("queueing.desk_urls")),
    path("admin/pesan/", include("mpp_portal.messaging.urls")),
    path("admin/", include("surveys.staff_urls")),
    path("admin/login/", sign_in.admin_sign_in),
    path("admin/password_change/", RedirectView.as_view(pattern_name="accounts:password")),
    path(
        "admin/dua-langkah/<int:user_id>/", sign_in.reset_second_factor, name="reset_second_factor"
    ),
    path("admin/", admin.site.urls),
    path("api/v1/docs", api.docs, name="api-docs"),
    path("api/v1/", api.api.urls),
    path("akun/", sign_in.account, name="account"),
    path("", include("accounts.urls")),
    path("", include("notifications.urls")),
    path("", include("services.urls")),
    path("", include("complaints.urls")),
    path("", include("surveys.urls")),
    path("", include("queueing.urls")),
]
