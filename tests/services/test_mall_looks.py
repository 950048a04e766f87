"""A mall's colours and logo: what cannot be read or could act is refused with a reason."""

import struct

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from services.models import Mall

pytestmark = pytest.mark.django_db
START = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
GOOD = START + '<path fill="url(#a)" d="M0 0h9v9z"/><use href="#b"/></svg>'
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 64, 64) + b"\x08\x06\0\0\0" + b"\0" * 8


@pytest.fixture(autouse=True)
def _uploads(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def as_manager(client, manager):
    client.force_login(manager)
    return client


def form(mall, **changes):
    fields = ["slug", "name", "regency", "province", "time_zone", "address", "phone", "email"]
    fields += ["primary_colour", "accent_colour", "greeting", "hero", "map_url", "facilities"]
    return {name: getattr(mall, name) for name in fields} | {"active": "on"} | changes


def save(client, mall, **changes):
    return client.post(reverse("admin:services_mall_change", args=[mall.pk]), form(mall, **changes))


def upload(content, name="logo.svg"):
    data = content if isinstance(content, bytes) else content.encode()
    return SimpleUploadedFile(name, data)


def refused(mall, logo):
    mall.logo = logo
    with pytest.raises(ValidationError) as error:
        mall.full_clean()
    return str(error.value.message_dict["logo"][0])


def test_a_pale_colour_is_refused_on_the_form_with_a_better_one(as_manager, mall):
    page = save(as_manager, mall, primary_colour="#c8102e")
    assert page.status_code == 200
    assert "5.9:1" in page.content.decode()
    assert "#b00e29" in page.content.decode()
    mall.refresh_from_db()
    assert mall.primary_colour == "#233372"
    assert save(as_manager, mall, primary_colour="#14502f").status_code == 302
    mall.refresh_from_db()
    assert mall.primary_colour == "#14502f"


def test_no_way_past_the_form_takes_a_pale_colour(mall):
    mall.primary_colour = "#c8102e"
    with pytest.raises(ValidationError, match=r"#b00e29"):
        mall.full_clean()
    mall.primary_colour = "merah"
    with pytest.raises(ValidationError, match="#1a2b3c"):
        mall.full_clean()


def test_the_admin_leads_to_the_citizens_page(as_manager, mall):
    page = as_manager.get(reverse("admin:services_mall_change", args=[mall.pk])).content.decode()
    assert f'href="/{mall.slug}/"' in page
    assert "Lihat halaman warga" in page


@pytest.mark.parametrize(
    ("picture", "kind"), [(GOOD, "image/svg+xml"), (PNG, "image/png")], ids=["svg", "png"]
)
def test_a_logo_is_kept_shown_and_served_as_nothing_but_a_picture(as_manager, mall, picture, kind):
    assert save(as_manager, mall, logo=upload(picture, "../Foto Rudi.html")).status_code == 302
    mall.refresh_from_db()
    assert "Rudi" not in mall.logo.name
    page = as_manager.get(f"/{mall.slug}/cari/").content.decode()
    address = f"/{mall.slug}/logo?v={mall.logo.name[6:22]}"
    assert f'src="{address}" alt="Logo {mall.regency}"' in page
    answer = as_manager.get(address)
    assert answer.content == (picture if isinstance(picture, bytes) else picture.encode())
    assert answer["Content-Type"] == kind
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "max-age=31536000" in answer["Cache-Control"]
    form_page = as_manager.get(reverse("admin:services_mall_change", args=[mall.pk]))
    assert address in form_page.content.decode()


def test_another_logo_has_another_address(mall):
    names = []
    for colour in ("#111111", "#222222"):
        mall.logo = upload(GOOD.replace("url(#a)", colour))
        mall.full_clean()
        names.append(mall.logo.name)
    assert len(set(names)) == 2


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        ("<script>alert(1)</script>", "<script>"),
        ("<foreignObject><p/></foreignObject>", "<foreignobject>"),
        ('<animate attributeName="x"/>', "<animate>"),
        ('<path onload="x()"/>', "perintah onload"),
        ('<image href="https://jauh.example/x.png"/>', "alamat lain"),
        ('<use xlink:href="//jauh.example/x.svg#a"/>', "alamat lain"),
        ('<a href="javascript:x()"><path/></a>', "alamat lain"),
        ('<image href="data:image/svg+xml;base64,AA"/>', "alamat lain"),
        ('<path style="fill:url(https://jauh.example/x)"/>', "alamat lain"),
        ("<style>@import 'https://jauh.example/x.css';</style>", "alamat lain"),
        ("<style>*{background:u\\72l(//jauh.example)}</style>", "alamat lain"),
    ],
)
def test_a_drawing_that_acts_or_points_away_is_refused(mall, inside, why):
    assert why in refused(mall, upload(f"{START}{inside}</svg>"))


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"GIF89a", "SVG atau PNG"),
        ("<html/>", "SVG atau PNG"),
        (GOOD.encode("utf-16"), "SVG atau PNG"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + GOOD, "DOCTYPE"),
        ('<?xml-stylesheet href="x.css"?>' + GOOD, "alamat lain"),
        (GOOD + " " * 100_000, "paling besar 100 KB"),
        (PNG[:20], "PNG ini rusak"),
        (PNG.replace(struct.pack(">II", 64, 64), struct.pack(">II", 9000, 64)), "2048 piksel"),
    ],
)
def test_what_is_no_small_picture_is_refused(mall, file, why):
    assert why in refused(mall, upload(file))


def test_without_a_logo_there_is_the_portals_own_and_nothing_else_is_served(client, mall):
    own = client.get(f"/{mall.slug}/logo")
    assert own.status_code == 302
    assert own["Location"].endswith(".svg")
    assert "Cache-Control" not in own
    Mall.objects.filter(pk=mall.pk).update(logo="logos/hilang.svg")
    assert client.get(f"/{mall.slug}/logo").status_code == 404
    Mall.objects.filter(pk=mall.pk).update(logo="logos/lain.html")
    assert client.get(f"/{mall.slug}/logo").status_code == 404


def test_the_admin_wears_the_colours_of_ones_own_mall(as_manager, mall, other_mall):
    Mall.objects.filter(pk=mall.pk).update(primary_colour="#14502f")
    Mall.objects.filter(pk=other_mall.pk).update(primary_colour="#6b1230")
    page = as_manager.get(reverse("admin:services_mall_changelist")).content.decode()
    assert "--color-primary-600: rgb(20, 80, 47)" in page
    assert "--color-primary-600: rgb(107, 18, 48)" not in page


def test_the_sign_in_page_wears_the_only_malls_colours(client, mall):
    Mall.objects.filter(pk=mall.pk).update(primary_colour="#14502f")
    page = client.get(reverse("accounts:sign_in")).content.decode()
    assert f"{reverse('services:colours', args=[mall.slug])}?v=14502f" in page
