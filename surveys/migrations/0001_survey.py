import django.contrib.postgres.fields
import django.db.models.deletion
import privacy.fields
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("services", "0003_accent"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token", models.CharField(editable=False, max_length=32, null=True)),
                ("reference", models.UUIDField(editable=False, null=True)),
                ("date", models.DateField(verbose_name="tanggal kunjungan")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("web", "daring"),
                            ("kiosk", "kios"),
                            ("paper", "kertas"),
                            ("counter_qr", "QR di loket"),
                        ],
                        max_length=10,
                        verbose_name="saluran",
                    ),
                ),
                ("expires_at", models.DateTimeField(verbose_name="berlaku sampai")),
                ("answered_on", models.DateField(null=True, verbose_name="dijawab")),
                ("request_hash", models.BinaryField(max_length=32, null=True)),
                (
                    "agency",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="services.agency",
                    ),
                ),
                (
                    "mall",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="services.mall",
                    ),
                ),
                (
                    "service_type",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="services.servicetype",
                    ),
                ),
            ],
            options={
                "verbose_name": "undangan survei",
                "verbose_name_plural": "undangan survei",
                "indexes": [
                    models.Index(fields=["agency", "date"], name="invited_of_an_agency"),
                    models.Index(
                        condition=models.Q(("token__isnull", False)),
                        fields=["date"],
                        name="invitations_not_emptied",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("token",), name="one_invitation_per_token"),
                    models.UniqueConstraint(
                        fields=("reference",), name="one_invitation_per_ticket"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("request_hash", None), ("answered_on__isnull", False), _connector="OR"
                        ),
                        name="a_spent_invitation_says_when",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Response",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("week", models.DateField(help_text="hari Seninnya", verbose_name="minggu")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("web", "daring"),
                            ("kiosk", "kios"),
                            ("paper", "kertas"),
                            ("counter_qr", "QR di loket"),
                        ],
                        max_length=10,
                        verbose_name="saluran",
                    ),
                ),
                (
                    "persyaratan",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="Persyaratan"
                    ),
                ),
                (
                    "prosedur",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="Sistem, mekanisme, dan prosedur"
                    ),
                ),
                (
                    "waktu",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="Waktu penyelesaian"
                    ),
                ),
                (
                    "biaya",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="Biaya atau tarif"
                    ),
                ),
                (
                    "produk",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="Produk spesifikasi jenis pelayanan"
                    ),
                ),
                (
                    "kompetensi",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="Kompetensi pelaksana"
                    ),
                ),
                (
                    "perilaku",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="Perilaku pelaksana"
                    ),
                ),
                (
                    "sarpras",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="Sarana dan prasarana"
                    ),
                ),
                (
                    "pengaduan",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        verbose_name="Penanganan pengaduan, saran, dan masukan",
                    ),
                ),
                (
                    "integrity",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(null=True),
                        default=list,
                        size=None,
                    ),
                ),
                ("integrity_asked", models.CharField(blank=True, max_length=12)),
                (
                    "sex",
                    models.CharField(
                        blank=True,
                        choices=[("female", "Perempuan"), ("male", "Laki-laki")],
                        max_length=6,
                        verbose_name="jenis kelamin",
                    ),
                ),
                (
                    "age_group",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("under_20", "Di bawah 20 tahun"),
                            ("20_29", "20–29 tahun"),
                            ("30_39", "30–39 tahun"),
                            ("40_49", "40–49 tahun"),
                            ("50_59", "50–59 tahun"),
                            ("60_up", "60 tahun ke atas"),
                        ],
                        max_length=8,
                        verbose_name="usia",
                    ),
                ),
                (
                    "education",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("sd", "SD"),
                            ("smp", "SMP"),
                            ("sma", "SMA"),
                            ("s1", "S1"),
                            ("s2", "S2"),
                            ("s3", "S3"),
                        ],
                        max_length=3,
                        verbose_name="pendidikan",
                    ),
                ),
                (
                    "work",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pns", "PNS"),
                            ("tni", "TNI"),
                            ("polri", "POLRI"),
                            ("swasta", "Swasta"),
                            ("wirausaha", "Wirausaha"),
                            ("lainnya", "Lainnya"),
                        ],
                        max_length=9,
                        verbose_name="pekerjaan",
                    ),
                ),
                (
                    "text",
                    privacy.fields.EncryptedTextField(blank=True, default="", verbose_name="saran"),
                ),
                ("amend_key", models.BinaryField(max_length=32, null=True)),
                ("erased", models.BooleanField(default=False, verbose_name="data pribadi dihapus")),
                (
                    "agency",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="services.agency",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="dimasukkan oleh",
                    ),
                ),
                (
                    "mall",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="services.mall",
                    ),
                ),
                (
                    "service_type",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="services.servicetype",
                    ),
                ),
            ],
            options={
                "verbose_name": "jawaban survei",
                "verbose_name_plural": "jawaban survei",
                "indexes": [
                    models.Index(fields=["agency", "week"], name="responses_of_an_agency"),
                    models.Index(
                        condition=models.Q(("erased", False)),
                        fields=["week"],
                        name="responses_not_yet_erased",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("amend_key",), name="one_response_per_request"),
                    models.CheckConstraint(
                        condition=models.Q(("week__iso_week_day", 1)), name="a_week_is_its_monday"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("channel", "paper"), ("entered_by", None), _connector="XOR"
                        ),
                        name="paper_names_who_entered_it",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("persyaratan", None), ("persyaratan__range", (1, 4)), _connector="OR"
                        ),
                        name="persyaratan_is_one_to_four",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("prosedur", None), ("prosedur__range", (1, 4)), _connector="OR"
                        ),
                        name="prosedur_is_one_to_four",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("waktu", None), ("waktu__range", (1, 4)), _connector="OR"
                        ),
                        name="waktu_is_one_to_four",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("biaya", None), ("biaya__range", (1, 4)), _connector="OR"
                        ),
                        name="biaya_is_one_to_four",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("produk", None), ("produk__range", (1, 4)), _connector="OR"
                        ),
                        name="produk_is_one_to_four",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kompetensi", None), ("kompetensi__range", (1, 4)), _connector="OR"
                        ),
                        name="kompetensi_is_one_to_four",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("perilaku", None), ("perilaku__range", (1, 4)), _connector="OR"
                        ),
                        name="perilaku_is_one_to_four",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("sarpras", None), ("sarpras__range", (1, 4)), _connector="OR"
                        ),
                        name="sarpras_is_one_to_four",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("pengaduan", None), ("pengaduan__range", (1, 4)), _connector="OR"
                        ),
                        name="pengaduan_is_one_to_four",
                    ),
                ],
            },
        ),
    ]
