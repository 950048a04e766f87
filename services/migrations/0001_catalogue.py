"""Malls, agencies, services and their standards; the extensions that search and windows need."""

import datetime

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import (
    BtreeGistExtension,
    TrigramExtension,
    UnaccentExtension,
)
from django.db import migrations, models

import services.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        BtreeGistExtension(),
        migrations.CreateModel(
            name="Mall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "slug",
                    models.SlugField(
                        max_length=40,
                        unique=True,
                        validators=[services.models.validate_slug_not_reserved],
                        verbose_name="alamat",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="nama")),
                ("regency", models.CharField(max_length=80, verbose_name="kabupaten/kota")),
                ("province", models.CharField(max_length=80, verbose_name="provinsi")),
                (
                    "time_zone",
                    models.CharField(
                        default="Asia/Jakarta",
                        max_length=40,
                        validators=[services.models.validate_time_zone],
                        verbose_name="zona waktu",
                    ),
                ),
                ("address", models.TextField(blank=True, verbose_name="alamat gedung")),
                ("phone", models.CharField(blank=True, max_length=30, verbose_name="telepon")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="surel")),
                (
                    "primary_colour",
                    models.CharField(
                        default="#233372",
                        max_length=7,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^#[0-9a-f]{6}$", "Warna ditulis seperti #1a2b3c."
                            )
                        ],
                        verbose_name="warna utama",
                    ),
                ),
                (
                    "accent_colour",
                    models.CharField(
                        default="#ffc629",
                        max_length=7,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^#[0-9a-f]{6}$", "Warna ditulis seperti #1a2b3c."
                            )
                        ],
                        verbose_name="warna aksen",
                    ),
                ),
                ("logo", models.FileField(blank=True, upload_to="logos/", verbose_name="logo")),
                ("greeting", models.CharField(blank=True, max_length=80, verbose_name="sapaan")),
                (
                    "rehearsal",
                    models.BooleanField(
                        default=False,
                        help_text="Mal latihan: pesan dan angkanya terpisah dari yang sungguhan.",
                        verbose_name="latihan",
                    ),
                ),
                ("active", models.BooleanField(default=True, verbose_name="aktif")),
            ],
            options={
                "verbose_name": "mal",
                "verbose_name_plural": "mal",
            },
        ),
        migrations.CreateModel(
            name="Agency",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=20, verbose_name="kode")),
                ("name", models.CharField(max_length=160, verbose_name="nama")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("local", "pemerintah daerah"),
                            ("central", "instansi pusat"),
                            ("state_owned", "BUMN/BUMD"),
                            ("bank", "bank"),
                            ("court", "peradilan"),
                            ("other", "lainnya"),
                        ],
                        default="local",
                        max_length=12,
                        verbose_name="jenis",
                    ),
                ),
                (
                    "oversight_name",
                    models.CharField(blank=True, max_length=160, verbose_name="pengawas"),
                ),
                (
                    "oversight_contact",
                    models.CharField(blank=True, max_length=160, verbose_name="kontak pengawas"),
                ),
                (
                    "agreed_days",
                    models.PositiveSmallIntegerField(
                        default=5, verbose_name="hari buka dijanjikan/minggu"
                    ),
                ),
                (
                    "agreed_desks",
                    models.PositiveSmallIntegerField(default=1, verbose_name="loket dijanjikan"),
                ),
                ("active", models.BooleanField(default=True, verbose_name="aktif")),
                (
                    "mall",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agencies",
                        to="services.mall",
                        verbose_name="mal",
                    ),
                ),
            ],
            options={
                "verbose_name": "instansi",
                "verbose_name_plural": "instansi",
            },
        ),
        migrations.CreateModel(
            name="Officer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("counter", "petugas loket"),
                            ("front_desk", "meja depan"),
                            ("liaison", "penghubung pengaduan"),
                            ("complaints_desk", "meja pengaduan"),
                            ("agency_head", "kepala instansi"),
                            ("mall_manager", "pengelola mal"),
                            ("leader", "pimpinan daerah"),
                            ("helper", "pendamping warga"),
                        ],
                        max_length=16,
                        verbose_name="peran",
                    ),
                ),
                ("active", models.BooleanField(default=True, verbose_name="aktif")),
                (
                    "agency",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="services.agency",
                        verbose_name="instansi",
                    ),
                ),
                (
                    "mall",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="officers",
                        to="services.mall",
                        verbose_name="mal",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offices",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="akun",
                    ),
                ),
            ],
            options={
                "verbose_name": "petugas",
                "verbose_name_plural": "petugas",
            },
        ),
        migrations.CreateModel(
            name="OpeningHours",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (0, "Senin"),
                            (1, "Selasa"),
                            (2, "Rabu"),
                            (3, "Kamis"),
                            (4, "Jumat"),
                            (5, "Sabtu"),
                            (6, "Minggu"),
                        ],
                        null=True,
                        verbose_name="hari",
                    ),
                ),
                ("opens_at", models.TimeField(verbose_name="buka")),
                (
                    "closes_at",
                    models.TimeField(help_text="00.00 berarti tengah malam", verbose_name="tutup"),
                ),
                (
                    "break_starts_at",
                    models.TimeField(blank=True, null=True, verbose_name="istirahat mulai"),
                ),
                (
                    "break_ends_at",
                    models.TimeField(blank=True, null=True, verbose_name="istirahat selesai"),
                ),
                (
                    "last_ticket_at",
                    models.TimeField(blank=True, null=True, verbose_name="nomor terakhir"),
                ),
                (
                    "valid_from",
                    models.DateField(blank=True, null=True, verbose_name="berlaku sejak"),
                ),
                (
                    "valid_to",
                    models.DateField(blank=True, null=True, verbose_name="berlaku sampai"),
                ),
                ("extra", models.BooleanField(default=False, verbose_name="sesi tambahan")),
                ("note", models.CharField(blank=True, max_length=80, verbose_name="catatan")),
                (
                    "agency",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours",
                        to="services.agency",
                        verbose_name="instansi",
                    ),
                ),
                (
                    "mall",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours",
                        to="services.mall",
                        verbose_name="mal",
                    ),
                ),
            ],
            options={
                "verbose_name": "jam buka",
                "verbose_name_plural": "jam buka",
            },
        ),
        migrations.CreateModel(
            name="ServiceStandard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveSmallIntegerField(default=1, verbose_name="versi")),
                ("valid_from", models.DateField(verbose_name="berlaku sejak")),
                (
                    "approved_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="disahkan"),
                ),
                (
                    "requirements",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=300),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="persyaratan",
                    ),
                ),
                (
                    "procedure",
                    models.TextField(blank=True, verbose_name="sistem, mekanisme, prosedur"),
                ),
                (
                    "counter_minutes",
                    models.PositiveSmallIntegerField(default=15, verbose_name="menit di loket"),
                ),
                (
                    "processing_days",
                    models.PositiveSmallIntegerField(
                        default=0, verbose_name="hari kerja penyelesaian"
                    ),
                ),
                (
                    "product",
                    models.CharField(blank=True, max_length=300, verbose_name="produk pelayanan"),
                ),
                (
                    "complaint_handling",
                    models.TextField(blank=True, verbose_name="penanganan pengaduan"),
                ),
                ("legal_basis", models.TextField(blank=True, verbose_name="dasar hukum")),
                ("facilities", models.TextField(blank=True, verbose_name="sarana dan prasarana")),
                ("competence", models.TextField(blank=True, verbose_name="kompetensi pelaksana")),
                (
                    "internal_supervision",
                    models.TextField(blank=True, verbose_name="pengawasan internal"),
                ),
                (
                    "staff_count",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="jumlah pelaksana"
                    ),
                ),
                (
                    "service_guarantee",
                    models.TextField(blank=True, verbose_name="jaminan pelayanan"),
                ),
                (
                    "safety_guarantee",
                    models.TextField(blank=True, verbose_name="jaminan keamanan dan keselamatan"),
                ),
                (
                    "performance_evaluation",
                    models.TextField(blank=True, verbose_name="evaluasi kinerja pelaksana"),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="disahkan oleh",
                    ),
                ),
            ],
            options={
                "verbose_name": "standar pelayanan",
                "verbose_name_plural": "standar pelayanan",
            },
        ),
        migrations.CreateModel(
            name="Fee",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "amount",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="kosong: bervariasi; 0: gratis",
                        null=True,
                        verbose_name="jumlah (Rp)",
                    ),
                ),
                ("variant", models.CharField(blank=True, max_length=160, verbose_name="varian")),
                (
                    "exemption",
                    models.CharField(blank=True, max_length=200, verbose_name="pengecualian"),
                ),
                (
                    "legal_basis",
                    models.CharField(blank=True, max_length=300, verbose_name="dasar hukum"),
                ),
                (
                    "collected_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("none", "gratis"),
                            ("state", "negara (PNBP)"),
                            ("region", "daerah"),
                            ("state_owned", "BUMN/BUMD"),
                            ("bank", "bank"),
                        ],
                        max_length=12,
                        verbose_name="dipungut oleh",
                    ),
                ),
                (
                    "valid_from",
                    models.DateField(blank=True, null=True, verbose_name="berlaku sejak"),
                ),
                (
                    "valid_to",
                    models.DateField(blank=True, null=True, verbose_name="berlaku sampai"),
                ),
                (
                    "standard",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fees",
                        to="services.servicestandard",
                        verbose_name="standar",
                    ),
                ),
            ],
            options={
                "verbose_name": "biaya",
                "verbose_name_plural": "biaya",
            },
        ),
        migrations.CreateModel(
            name="ServiceType",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=30, verbose_name="kode")),
                ("name", models.CharField(max_length=200, verbose_name="nama")),
                ("name_ind", models.CharField(max_length=200, null=True, verbose_name="nama")),
                ("name_en", models.CharField(max_length=200, null=True, verbose_name="nama")),
                (
                    "booking_mode",
                    models.CharField(
                        choices=[
                            ("both", "daring dan di mal"),
                            ("online_only", "hanya daring"),
                            ("walk_in", "hanya di mal"),
                            ("external", "sistem nasional"),
                        ],
                        default="both",
                        max_length=12,
                        verbose_name="cara ambil nomor",
                    ),
                ),
                (
                    "external_system",
                    models.CharField(blank=True, max_length=80, verbose_name="sistem nasional"),
                ),
                (
                    "external_url",
                    models.URLField(blank=True, verbose_name="alamat sistem nasional"),
                ),
                (
                    "online_possible",
                    models.BooleanField(default=False, verbose_name="dapat diurus daring"),
                ),
                ("needs_nik", models.BooleanField(default=False, verbose_name="perlu NIK")),
                (
                    "needs_person_present",
                    models.BooleanField(default=False, verbose_name="harus datang sendiri"),
                ),
                (
                    "seats",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="kosong: mengikuti antrean",
                        null=True,
                        verbose_name="batas nomor per hari",
                    ),
                ),
                (
                    "synonyms",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="sebutan sehari-hari",
                    ),
                ),
                ("theme", models.CharField(blank=True, max_length=60, verbose_name="tema")),
                ("active", models.BooleanField(default=True, verbose_name="aktif")),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="service_types",
                        to="services.agency",
                        verbose_name="instansi",
                    ),
                ),
            ],
            options={
                "verbose_name": "jenis layanan",
                "verbose_name_plural": "jenis layanan",
            },
        ),
        migrations.AddField(
            model_name="servicestandard",
            name="service_type",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="standards",
                to="services.servicetype",
                verbose_name="jenis layanan",
            ),
        ),
        migrations.CreateModel(
            name="Holiday",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("date", models.DateField(verbose_name="tanggal")),
                ("name", models.CharField(max_length=120, verbose_name="nama")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("national", "libur nasional"),
                            ("collective_leave", "cuti bersama"),
                            ("local", "libur daerah"),
                        ],
                        default="national",
                        max_length=16,
                        verbose_name="jenis",
                    ),
                ),
                ("decree", models.CharField(blank=True, max_length=120, verbose_name="keputusan")),
                (
                    "mall",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="holidays",
                        to="services.mall",
                        verbose_name="mal",
                    ),
                ),
            ],
            options={
                "verbose_name": "hari libur",
                "verbose_name_plural": "hari libur",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("mall", "date"), name="one_holiday_per_mall_and_date"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Closure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first_date", models.DateField(verbose_name="dari")),
                ("last_date", models.DateField(verbose_name="sampai")),
                ("reason", models.CharField(max_length=200, verbose_name="alasan")),
                (
                    "agency",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="services.agency",
                        verbose_name="instansi",
                    ),
                ),
                (
                    "mall",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="closures",
                        to="services.mall",
                        verbose_name="mal",
                    ),
                ),
            ],
            options={
                "verbose_name": "penutupan",
                "verbose_name_plural": "penutupan",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_date__gte", models.F("first_date"))),
                        name="closure_ends_after_it_starts",
                        violation_error_message="Tanggal sampai tidak boleh sebelum tanggal dari.",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="agency",
            constraint=models.UniqueConstraint(
                fields=("mall", "code"), name="one_agency_per_mall_and_code"
            ),
        ),
        migrations.AddConstraint(
            model_name="officer",
            constraint=models.UniqueConstraint(
                fields=("user", "mall", "agency", "role"),
                name="one_office_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="officer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role__in", ["counter", "liaison", "agency_head"]), _negated=True),
                    ("agency__isnull", False),
                    _connector="OR",
                ),
                name="agency_role_names_its_agency",
                violation_error_message="Peran ini harus menyebut instansinya.",
            ),
        ),
        migrations.AddConstraint(
            model_name="openinghours",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("extra", False),
                    models.Q(("valid_from__isnull", False), ("valid_to__isnull", False)),
                    _connector="OR",
                ),
                name="extra_session_names_its_dates",
                violation_error_message="Sesi tambahan harus menyebut tanggal mulai dan selesainya.",
            ),
        ),
        migrations.AddConstraint(
            model_name="openinghours",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("break_ends_at__isnull", True), ("break_starts_at__isnull", True)),
                    models.Q(
                        ("break_ends_at__gt", models.F("break_starts_at")),
                        ("break_ends_at__isnull", False),
                        ("break_starts_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="break_ends_after_it_starts",
                violation_error_message="Isi jam mulai dan selesai istirahat; selesai harus setelah mulai.",
            ),
        ),
        migrations.AddConstraint(
            model_name="openinghours",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closes_at__gt", models.F("opens_at")),
                    ("closes_at", datetime.time(0, 0)),
                    _connector="OR",
                ),
                name="closes_after_it_opens",
                violation_error_message="Jam tutup harus setelah jam buka.",
            ),
        ),
        migrations.AddConstraint(
            model_name="servicetype",
            constraint=models.UniqueConstraint(
                fields=("agency", "code"), name="one_service_per_agency_and_code"
            ),
        ),
        migrations.AddConstraint(
            model_name="servicetype",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("booking_mode", "external"), _negated=True),
                    models.Q(("external_system", ""), _negated=True),
                    _connector="OR",
                ),
                name="external_service_names_its_system",
                violation_error_message="Layanan di sistem nasional harus menyebut nama sistemnya.",
            ),
        ),
        migrations.AddConstraint(
            model_name="servicestandard",
            constraint=models.UniqueConstraint(
                fields=("service_type", "version"), name="one_standard_per_service_and_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="servicestandard",
            constraint=models.CheckConstraint(
                condition=models.Q(("counter_minutes__gt", 0)),
                name="standard_takes_some_minutes",
                violation_error_message="Isi paling sedikit satu menit di loket.",
            ),
        ),
    ]
