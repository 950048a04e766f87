import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0004_messages_that_arrive"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MessageText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("booked", "nomor diambil"),
                            ("rescheduled", "pindah jadwal"),
                            ("cancelled", "batal"),
                            ("reminder_day", "pengingat sehari sebelumnya"),
                            ("reminder_hours", "pengingat hari itu"),
                            ("called", "dipanggil"),
                            ("moved", "dipindahkan mal"),
                            ("code", "kode sekali pakai"),
                            ("link", "tautan tiket"),
                            ("paused", "antrean dijeda"),
                            ("ahead", "sebentar lagi dipanggil"),
                            ("collect", "hasil siap diambil"),
                            ("survey", "survei"),
                            ("offer", "tawaran waktu lebih awal"),
                            ("digest", "ringkasan petugas"),
                        ],
                        max_length=20,
                        verbose_name="jenis",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("id", "Indonesia"), ("en", "Inggris")],
                        max_length=5,
                        verbose_name="bahasa",
                    ),
                ),
                ("subject", models.CharField(max_length=200, verbose_name="judul")),
                ("short", models.CharField(max_length=600, verbose_name="pesan singkat")),
                ("body", models.TextField(max_length=4000, verbose_name="isi")),
                ("changed_at", models.DateTimeField(verbose_name="diubah")),
            ],
            options={
                "verbose_name": "teks pesan",
                "verbose_name_plural": "teks pesan",
            },
        ),
        migrations.AddIndex(
            model_name="message",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["ended_at"], name="message_ended"
            ),
        ),
        migrations.AddField(
            model_name="messagetext",
            name="changed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to=settings.AUTH_USER_MODEL,
                verbose_name="oleh",
            ),
        ),
        migrations.AddConstraint(
            model_name="messagetext",
            constraint=models.UniqueConstraint(
                fields=("kind", "language"), name="one_text_per_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="messagetext",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("subject", ""), _negated=True),
                    models.Q(("short", ""), _negated=True),
                    models.Q(("body", ""), _negated=True),
                ),
                name="text_says_something",
            ),
        ),
    ]
