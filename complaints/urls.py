"""Addresses of the complaints desk."""

from django.urls import path

from complaints import file_views, open_pages, views
from complaints.uploads import takes_files
from services import converters  # noqa: F401  (registers <mall:...>)

app_name = "complaints"
urlpatterns = [
    path("pengaduan/", views.lookup, name="lookup"),
    path("pengaduan/<str:number>/", views.case, name="case"),
    path("pengaduan/<str:number>/lengkapi/", takes_files(views.complete), name="complete"),
    path("pengaduan/<str:number>/tambah/", takes_files(views.add), name="add"),
    path("pengaduan/<str:number>/keberatan/", takes_files(views.object_to), name="object_to"),
    path("pengaduan/<str:number>/nilai/", views.rate, name="rate"),
    path("pengaduan/<str:number>/buka-lagi/", takes_files(views.reopen), name="reopen"),
    path("pengaduan/<str:number>/cabut/", views.withdraw, name="withdraw"),
    path("pengaduan/<str:number>/lampiran/<uuid:stored_as>/", file_views.file, name="file"),
    path("pengaduan/<str:number>/tutup/", views.shut, name="shut"),
    path("<mall:mall>/pengaduan/baru/", takes_files(views.new), name="new"),
    path("<mall:mall>/pengaduan/", open_pages.open_page, name="open"),
    path("<mall:mall>/pengaduan/terbit/<int:published>/", open_pages.one, name="published"),
    path("<mall:mall>/pengaduan/angka.<str:form>", open_pages.figures, name="figures"),
]
