"""The admin's frame (django-unfold): names, colours, and what stands in the side bar for whom."""

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "SITE_TITLE": _("Portal MPP"),
    "SITE_HEADER": _("Portal MPP"),
    "SITE_SYMBOL": "confirmation_number",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("logo.svg")}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "10px",
    # The colours of the mall; its small quiet words darker than Unfold's, for 7:1.
    "COLORS": {
        "primary": "mpp_portal.look.primary",
        "font": {"subtle-light": "var(--color-base-600)"},
    },
    "GLOBAL_CALLBACK": "mpp_portal.look.context",
    "ACCOUNT": {"navigation": [{"title": _("Akun saya"), "link": reverse_lazy("account")}]},
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,  # "Semua data" below leads there
        "navigation": [
            {
                "title": _("Layanan hari ini"),
                "items": [
                    {
                        "title": _("Panggil antrean"),
                        "icon": "campaign",
                        "link": reverse_lazy("desks:counters"),
                        "permission": "mpp_portal.navigation.may_call",
                    },
                    {
                        "title": _("Meja depan"),
                        "icon": "desk",
                        "link": reverse_lazy("desks:front_desk"),
                        "permission": "mpp_portal.navigation.may_front_desk",
                    },
                    {
                        "title": _("Pengaduan"),
                        "icon": "forum",
                        "link": reverse_lazy("admin:complaints_case_changelist"),
                        "permission": "mpp_portal.navigation.may_handle_cases",
                    },
                    {
                        "title": _("Dasbor"),
                        "icon": "monitoring",
                        "link": reverse_lazy("dashboard"),
                        "permission": "mpp_portal.navigation.may_read_figures",
                    },
                    {
                        "title": _("Hasil survei"),
                        "icon": "sentiment_satisfied",
                        "link": reverse_lazy("survey_desk:results"),
                        "permission": "mpp_portal.navigation.may_read_figures",
                    },
                    {
                        "title": _("Survei kertas"),
                        "icon": "edit_note",
                        "link": reverse_lazy("survey_desk:paper"),
                        "permission": "mpp_portal.navigation.may_enter_surveys",
                    },
                ],
            },
            {
                "title": _("Pesan"),
                "items": [
                    {
                        "title": _("Pesan keluar"),
                        "icon": "outbox",
                        "link": "/admin/notifications/message/",
                        "permission": "mpp_portal.navigation.may_arrange_a_mall",
                    },
                    {
                        "title": _("Teks pesan"),
                        "icon": "edit_note",
                        "link": reverse_lazy("messaging:texts"),
                        "permission": "mpp_portal.navigation.may_word_messages",
                    },
                    {
                        "title": _("Biaya pesan"),
                        "icon": "payments",
                        "link": reverse_lazy("messaging:costs"),
                        "permission": "mpp_portal.navigation.may_arrange_a_mall",
                    },
                ],
            },
            {
                "title": _("Pengelolaan"),
                "items": [
                    {
                        "title": _("Antrean"),
                        "icon": "format_list_numbered",
                        "link": "/admin/queueing/queue/",
                        "permission": "mpp_portal.navigation.may_arrange",
                    },
                    {
                        "title": _("Loket"),
                        "icon": "storefront",
                        "link": "/admin/queueing/counter/",
                        "permission": "mpp_portal.navigation.may_arrange",
                    },
                    {
                        "title": _("Perangkat"),
                        "icon": "devices",
                        "link": "/admin/queueing/device/",
                        "permission": "mpp_portal.navigation.may_see_devices",
                    },
                    {
                        "title": _("Pengumuman di layar"),
                        "icon": "campaign",
                        "link": "/admin/queueing/notice/",
                        "permission": "mpp_portal.navigation.may_arrange_a_mall",
                    },
                    {
                        "title": _("Suara panggilan"),
                        "icon": "record_voice_over",
                        "link": reverse_lazy("desks:voice"),
                        "permission": "mpp_portal.navigation.may_arrange_a_mall",
                    },
                    {
                        "title": _("Jam buka"),
                        "icon": "schedule",
                        "link": reverse_lazy("admin:services_openinghours_changelist"),
                        "permission": "mpp_portal.navigation.may_arrange",
                    },
                    {
                        "title": _("Jenis layanan"),
                        "icon": "list_alt",
                        "link": reverse_lazy("admin:services_servicetype_changelist"),
                        "permission": "mpp_portal.navigation.may_edit_catalogue",
                    },
                    {
                        "title": _("Standar pelayanan"),
                        "icon": "verified",
                        "link": reverse_lazy("admin:services_servicestandard_changelist"),
                        "permission": "mpp_portal.navigation.may_edit_catalogue",
                    },
                    {
                        "title": _("Batas penyelesaian"),
                        "icon": "timer",
                        "link": reverse_lazy("admin:complaints_servicelevel_changelist"),
                        "permission": "mpp_portal.navigation.may_set_terms",
                    },
                    {
                        "title": _("Riwayat perubahan"),
                        "icon": "history",
                        "link": reverse_lazy("admin:auditlog_logentry_changelist"),
                        "permission": "mpp_portal.navigation.may_read_history",
                    },
                    {
                        "title": _("Semua data"),
                        "icon": "apps",
                        "link": reverse_lazy("admin:index"),
                    },
                ],
            },
        ],
    },
}
