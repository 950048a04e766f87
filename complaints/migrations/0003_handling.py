import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0002_events_are_append_only"),
        ("services", "0003_accent"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ServiceLevel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("information", "Permintaan informasi"),
                            ("ordinary", "Pengaduan biasa"),
                            ("supervision", "Berkadar pengawasan"),
                        ],
                        max_length=12,
                        verbose_name="tingkat",
                    ),
                ),
                ("days", models.PositiveSmallIntegerField(verbose_name="hari kerja")),
                ("valid_from", models.DateField(verbose_name="berlaku sejak")),
            ],
            options={
                "verbose_name": "batas penyelesaian",
                "verbose_name_plural": "batas penyelesaian",
            },
        ),
        migrations.AddField(
            model_name="case",
            name="about_person",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="petugas yang diadukan",
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="closes_on",
            field=models.DateField(
                blank=True, null=True, verbose_name="ditutup bila tidak dibalas"
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="completion_due_on",
            field=models.DateField(blank=True, null=True, verbose_name="batas penyelesaian"),
        ),
        migrations.AddField(
            model_name="case",
            name="first_answered_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="pertama kali dijawab"),
        ),
        migrations.AddField(
            model_name="case",
            name="goes_on_as",
            field=models.CharField(blank=True, default="", editable=False, max_length=16),
        ),
        migrations.AddField(
            model_name="case",
            name="level",
            field=models.CharField(
                blank=True,
                choices=[
                    ("information", "Permintaan informasi"),
                    ("ordinary", "Pengaduan biasa"),
                    ("supervision", "Berkadar pengawasan"),
                ],
                default="",
                max_length=12,
                verbose_name="tingkat",
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="level_days",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, verbose_name="hari kerja"
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="duplicates",
                to="complaints.case",
                verbose_name="digabung dengan",
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="rating",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, verbose_name="nilai dari pelapor"
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="waited_days",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="hari menunggu pelapor"),
        ),
        migrations.AddField(
            model_name="case",
            name="waiting_since",
            field=models.DateField(blank=True, null=True, verbose_name="menunggu pelapor sejak"),
        ),
        migrations.AlterField(
            model_name="caseevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("filed", "Diterima"),
                    ("checked", "Diperiksa petugas pengaduan"),
                    ("completion_asked", "Pertanyaan untuk Anda"),
                    ("completed", "Keterangan Anda diterima"),
                    ("forwarded", "Diteruskan ke instansi"),
                    ("follow_up_started", "Mulai dikerjakan"),
                    ("answered", "Dijawab"),
                    ("objected", "Keberatan diajukan"),
                    ("escalated", "Diajukan ke pengawas"),
                    ("closed", "Selesai"),
                    ("rejected", "Tidak dapat diproses"),
                    ("merged", "Digabung dengan pengaduan yang sama"),
                    ("moved", "Dialihkan ke lembaga lain"),
                    ("withdrawn", "Dicabut oleh pelapor"),
                    ("classified", "Batas penyelesaian ditetapkan"),
                    ("reopened", "Dibuka kembali"),
                    ("rated", "Jawaban dinilai"),
                    ("noted", "Catatan petugas"),
                ],
                max_length=20,
                verbose_name="kejadian",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("state", "answered")),
                fields=["closes_on"],
                name="cases_that_close_soon",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("completion_due_on", None), ("level", ""), ("level_days", None)),
                    models.Q(
                        models.Q(("level", ""), _negated=True),
                        ("completion_due_on__gt", models.F("counted_from")),
                        ("level_days__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="a_classified_case_has_its_term",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "needs_completion"), ("waiting_since__isnull", False)),
                    models.Q(
                        models.Q(("state", "needs_completion"), _negated=True),
                        ("waiting_since", None),
                    ),
                    _connector="OR",
                ),
                name="the_clock_stands_while_the_reporter_is_asked",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closes_on__isnull", False), ("state", "answered")),
                    models.Q(models.Q(("state", "answered"), _negated=True), ("closes_on", None)),
                    _connector="OR",
                ),
                name="an_answered_case_closes_some_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("merged_into__isnull", False), ("state", "merged")),
                    models.Q(models.Q(("state", "merged"), _negated=True), ("merged_into", None)),
                    _connector="OR",
                ),
                name="a_merged_case_names_the_other",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(("rating", None), ("rating__range", (1, 4)), _connector="OR"),
                name="a_rating_is_one_to_four",
            ),
        ),
        migrations.AddField(
            model_name="servicelevel",
            name="mall",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="service_levels",
                to="services.mall",
                verbose_name="mal",
            ),
        ),
        migrations.AddConstraint(
            model_name="servicelevel",
            constraint=models.UniqueConstraint(
                fields=("mall", "level", "valid_from"), name="one_term_per_level_and_date"
            ),
        ),
        migrations.AddConstraint(
            model_name="servicelevel",
            constraint=models.CheckConstraint(
                condition=models.Q(("days__range", (1, 250))), name="a_term_is_a_day_to_a_year"
            ),
        ),
    ]
