from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0002_code_and_link"),
    ]

    operations = [
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
                ],
                max_length=20,
                verbose_name="jenis",
            ),
        ),
    ]
