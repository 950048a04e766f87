from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0006_urgent_first"),
    ]

    operations = [
        # An id may hold a number; from now on only its fingerprint is kept.
        migrations.RunSQL(
            "UPDATE notifications_message SET provider_id = '' WHERE provider_id <> ''",
            migrations.RunSQL.noop,
            elidable=True,
        ),
        migrations.RemoveConstraint(
            model_name="message",
            name="erased_message_holds_nobody",
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
                    ("kept", "dipindahkan mal, menunggu jawaban"),
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
        migrations.AlterField(
            model_name="messagetext",
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
                    ("kept", "dipindahkan mal, menunggu jawaban"),
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
                condition=models.Q(("erased_at", None), ("state", "failed")),
                fields=["ended_at"],
                name="message_parked",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["mall_id", "-id"], name="message_of_a_mall"),
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
                        ("provider_id", ""),
                        ("routes", None),
                    ),
                    _connector="OR",
                ),
                name="erased_message_holds_nobody",
            ),
        ),
    ]
