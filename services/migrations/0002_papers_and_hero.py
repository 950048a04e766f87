"""Papers and where one gets them; the hero, the facilities and the map of a mall."""

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("services", "0001_catalogue"),
    ]

    operations = [
        migrations.AddField(
            model_name="mall",
            name="facilities",
            field=models.TextField(
                blank=True, help_text="satu fasilitas tiap baris", verbose_name="fasilitas"
            ),
        ),
        migrations.AddField(
            model_name="mall",
            name="facilities_en",
            field=models.TextField(
                blank=True,
                help_text="satu fasilitas tiap baris",
                null=True,
                verbose_name="fasilitas",
            ),
        ),
        migrations.AddField(
            model_name="mall",
            name="facilities_ind",
            field=models.TextField(
                blank=True,
                help_text="satu fasilitas tiap baris",
                null=True,
                verbose_name="fasilitas",
            ),
        ),
        migrations.AddField(
            model_name="mall",
            name="greeting_en",
            field=models.CharField(blank=True, max_length=80, null=True, verbose_name="sapaan"),
        ),
        migrations.AddField(
            model_name="mall",
            name="greeting_ind",
            field=models.CharField(blank=True, max_length=80, null=True, verbose_name="sapaan"),
        ),
        migrations.AddField(
            model_name="mall",
            name="hero",
            field=models.CharField(
                choices=[("plain", "polos"), ("gate", "candi bentar")],
                default="plain",
                max_length=8,
                verbose_name="bentuk beranda",
            ),
        ),
        migrations.AddField(
            model_name="mall",
            name="map_url",
            field=models.URLField(blank=True, verbose_name="alamat peta"),
        ),
        migrations.AddField(
            model_name="mall",
            name="sign_language_days",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="berapa hari kerja sebelumnya harus dipesan; kosong: tidak tersedia",
                null=True,
                verbose_name="juru bahasa isyarat (hari kerja sebelumnya)",
            ),
        ),
        migrations.RunSQL(
            "UPDATE services_mall SET greeting_ind = greeting", migrations.RunSQL.noop
        ),
        migrations.CreateModel(
            name="Paper",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="nama")),
                ("name_ind", models.CharField(max_length=200, null=True, verbose_name="nama")),
                ("name_en", models.CharField(max_length=200, null=True, verbose_name="nama")),
                (
                    "where",
                    models.CharField(
                        blank=True,
                        help_text="di mana mendapatkannya, satu kalimat",
                        max_length=300,
                        verbose_name="bila belum punya",
                    ),
                ),
                (
                    "where_ind",
                    models.CharField(
                        blank=True,
                        help_text="di mana mendapatkannya, satu kalimat",
                        max_length=300,
                        null=True,
                        verbose_name="bila belum punya",
                    ),
                ),
                (
                    "where_en",
                    models.CharField(
                        blank=True,
                        help_text="di mana mendapatkannya, satu kalimat",
                        max_length=300,
                        null=True,
                        verbose_name="bila belum punya",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="layanan di mal ini yang menerbitkannya",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="makes",
                        to="services.servicetype",
                        verbose_name="dibuat oleh layanan",
                    ),
                ),
                (
                    "mall",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="papers",
                        to="services.mall",
                        verbose_name="mal",
                    ),
                ),
            ],
            options={
                "verbose_name": "berkas",
                "verbose_name_plural": "berkas",
                "constraints": [
                    models.UniqueConstraint(
                        models.F("mall"),
                        django.db.models.functions.text.Lower("name"),
                        name="one_paper_per_mall_and_name",
                    )
                ],
            },
        ),
    ]
