import privacy.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0003_paused"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="message",
            name="erased_message_holds_nobody",
        ),
        migrations.AddField(
            model_name="message",
            name="agency_id",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="cost",
            field=models.DecimalField(
                decimal_places=2, default=0, max_digits=10, verbose_name="biaya (Rp)"
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="mall_id",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="parts",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="bagian"),
        ),
        migrations.AddField(
            model_name="message",
            name="person_key",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="provider_id",
            field=models.CharField(blank=True, editable=False, max_length=120),
        ),
        migrations.AddField(
            model_name="message",
            name="report",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "belum ada kabar"),
                    ("delivered", "sampai"),
                    ("read", "dibaca"),
                    ("undelivered", "tidak sampai"),
                ],
                default="",
                max_length=12,
                verbose_name="kabar",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="reported_at",
            field=models.DateTimeField(null=True, verbose_name="kabar pada"),
        ),
        migrations.AddField(
            model_name="message",
            name="routes",
            field=privacy.fields.EncryptedTextField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="time_zone",
            field=models.CharField(blank=True, editable=False, max_length=40),
        ),
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(
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
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("person_key__isnull", False), ("state", "sent")),
                fields=["person_key", "sent_at"],
                name="message_of_a_person",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("provider_id", ""), _negated=True),
                fields=["channel", "provider_id"],
                name="message_at_its_provider",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("erased_at", None),
                    models.Q(
                        ("address", None),
                        ("context", {}),
                        ("ended_at__isnull", False),
                        ("person_key", None),
                        ("routes", None),
                    ),
                    _connector="OR",
                ),
                name="erased_message_holds_nobody",
            ),
        ),
    ]
