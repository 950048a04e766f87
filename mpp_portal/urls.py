"""All addresses of the portal."""

from django.contrib import admin
from django.urls import include, path

from mpp_portal import api, dashboards, health, installable
from services import converters  # noqa: F401  (registers <mall:...>)

handler400 = "mpp_portal.errors.bad_request"
handler403 = "mpp_portal.errors.forbidden"
handler404 = "mpp_portal.errors.not_found"
handler500 = "mpp_portal.errors.failed"
urlpatterns = [
    path("sehat/", health.health, name="health"),
    path("sw.js", installable.worker, name="worker"),
    path("<mall:mall>/manifest.webmanifest", installable.manifest, name="manifest"),
    path("<mall:mall>/ikon-<int:size>.png", installable.icon, name="icon"),
    path("<mall:mall>/tanpa-sinyal/", installable.offline, name="offline"),
    path("dasbor/", dashboards.dashboard, name="dashboard"),
    path("admin/", include("queueing.desk_urls")),
    path("admin/", admin.site.urls),
    path("api/v1/docs", api.docs, name="api-docs"),
    path("api/v1/", api.api.urls),
    path("", include("accounts.urls")),
    path("", include("services.urls")),
    path("", include("complaints.urls")),
    path("", include("queueing.urls")),
]
