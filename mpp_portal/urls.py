"""All addresses of the portal."""

from django.contrib import admin
from django.urls import include, path

from mpp_portal import api, dashboards, health

urlpatterns = [
    path("sehat/", health.health, name="health"),
    path("dasbor/", dashboards.dashboard, name="dashboard"),
    path("admin/", include("queueing.desk_urls")),
    path("admin/", admin.site.urls),
    path("api/v1/docs", api.docs, name="api-docs"),
    path("api/v1/", api.api.urls),
    path("", include("services.urls")),
    path("", include("complaints.urls")),
    path("", include("queueing.urls")),
]
