"""Attachments, publications, what other channels bring, and how far a passed date was raised."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import privacy.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0003_handling"),
        ("services", "0003_accent"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stored_as", models.UUIDField(editable=False, unique=True)),
                (
                    "name",
                    privacy.fields.EncryptedTextField(
                        blank=True, default="", verbose_name="nama berkas"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("image/jpeg", "JPEG"), ("application/pdf", "PDF")],
                        max_length=20,
                        verbose_name="jenis berkas",
                    ),
                ),
                ("size", models.PositiveIntegerField(verbose_name="ukuran")),
                ("sha256", models.BinaryField(max_length=32)),
                ("erased_at", models.DateTimeField(blank=True, null=True, verbose_name="dihapus")),
            ],
            options={
                "verbose_name": "lampiran",
                "verbose_name_plural": "lampiran",
            },
        ),
        migrations.CreateModel(
            name="Publication",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(max_length=120, verbose_name="judul")),
                ("text", models.TextField(max_length=5000, verbose_name="cerita")),
                (
                    "answer",
                    models.TextField(
                        blank=True, default="", max_length=5000, verbose_name="jawaban"
                    ),
                ),
                ("published_at", models.DateTimeField(verbose_name="diterbitkan")),
                (
                    "withdrawn_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="ditarik"),
                ),
                (
                    "words",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.postgres.search.SearchVector(
                            "subject", "text", config="indonesian"
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
            ],
            options={
                "verbose_name": "pengaduan terbit",
                "verbose_name_plural": "pengaduan terbit",
            },
        ),
        migrations.AddField(
            model_name="case",
            name="account",
            field=privacy.fields.EncryptedTextField(
                blank=True, default="", verbose_name="akun pelapor"
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="alarm_stage",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="tahap peringatan"),
        ),
        migrations.AddField(
            model_name="case",
            name="counter_number",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, verbose_name="nomor loket"
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="entered_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="dicatat oleh",
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="happened_on",
            field=models.DateField(blank=True, null=True, verbose_name="tanggal kejadian"),
        ),
        migrations.AddField(
            model_name="case",
            name="happened_time",
            field=models.TimeField(blank=True, null=True, verbose_name="jam kejadian"),
        ),
        migrations.AddField(
            model_name="case",
            name="lapor_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="status LAPOR! disalin"),
        ),
        migrations.AddField(
            model_name="case",
            name="lapor_id",
            field=models.CharField(
                blank=True, default="", max_length=30, verbose_name="nomor LAPOR!"
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="lapor_status",
            field=models.CharField(
                blank=True, default="", max_length=80, verbose_name="status di LAPOR!"
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="permalink",
            field=privacy.fields.EncryptedTextField(
                blank=True, default="", verbose_name="tautan asli"
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="place",
            field=privacy.fields.EncryptedTextField(blank=True, default="", verbose_name="tempat"),
        ),
        migrations.AddField(
            model_name="case",
            name="told_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="disampaikan pelapor"),
        ),
        migrations.AlterField(
            model_name="case",
            name="channel",
            field=models.CharField(max_length=20, verbose_name="saluran"),
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
                    ("replied", "Tanggapan untuk Anda"),
                    ("added", "Keterangan tambahan dari Anda"),
                    ("extended", "Batas waktu bergeser selama menunggu Anda"),
                    ("overdue", "Batas waktu terlewati, diteruskan ke atasan"),
                    ("named", "Pihak yang diadukan dicatat"),
                    ("revealed", "Identitas pelapor dilihat"),
                    ("linked", "Dicatat di SP4N-LAPOR!"),
                    ("published", "Diterbitkan tanpa nama"),
                    ("unpublished", "Ditarik dari halaman umum"),
                ],
                max_length=20,
                verbose_name="kejadian",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("closed_at", None)),
                fields=["mall", "first_answer_due_on"],
                name="cases_at_work",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lapor_id", ""), _negated=True),
                fields=("mall", "lapor_id"),
                name="one_case_per_lapor_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(("alarm_stage__lte", 3)), name="an_alarm_has_three_stages"
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("happened_time", None), ("happened_on__isnull", False), _connector="OR"
                ),
                name="a_time_belongs_to_a_day",
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attachments",
                to="complaints.case",
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="event",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attachments",
                to="complaints.caseevent",
            ),
        ),
        migrations.AddField(
            model_name="publication",
            name="case",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="publication",
                to="complaints.case",
            ),
        ),
        migrations.AddField(
            model_name="publication",
            name="published_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="oleh",
            ),
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(fields=["case", "id"], name="attachments_of_a_case"),
        ),
        migrations.AddIndex(
            model_name="publication",
            index=models.Index(fields=["-published_at"], name="latest_publications"),
        ),
        migrations.AddIndex(
            model_name="publication",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["words"], name="words_of_publications"
            ),
        ),
    ]
