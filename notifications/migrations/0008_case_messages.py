from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0007_provider_ids"),
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
                    ("kept", "dipindahkan mal, menunggu jawaban"),
                    ("code", "kode sekali pakai"),
                    ("link", "tautan tiket"),
                    ("paused", "antrean dijeda"),
                    ("ahead", "sebentar lagi dipanggil"),
                    ("collect", "hasil siap diambil"),
                    ("survey", "survei"),
                    ("offer", "tawaran waktu lebih awal"),
                    ("digest", "ringkasan petugas"),
                    ("case_received", "pengaduan diterima"),
                    ("case_question", "pertanyaan tentang pengaduan"),
                    ("case_answer", "pengaduan dijawab"),
                    ("case_changed", "kabar pengaduan"),
                    ("case_duty", "tugas pengaduan"),
                    ("case_oversight", "keberatan untuk pengawas"),
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
                    ("case_received", "pengaduan diterima"),
                    ("case_question", "pertanyaan tentang pengaduan"),
                    ("case_answer", "pengaduan dijawab"),
                    ("case_changed", "kabar pengaduan"),
                    ("case_duty", "tugas pengaduan"),
                    ("case_oversight", "keberatan untuk pengawas"),
                ],
                max_length=20,
                verbose_name="jenis",
            ),
        ),
    ]
