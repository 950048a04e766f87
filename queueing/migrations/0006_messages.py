import django.core.validators
import django.db.models.deletion
import privacy.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("queueing", "0005_hall"),
    ]

    operations = [
        migrations.AddField(
            model_name="queue",
            name="ahead_notice",
            field=models.PositiveSmallIntegerField(
                default=3,
                help_text="pesan kepada yang menunggu bila di depannya tinggal sebanyak ini; 0: tidak",
                validators=[django.core.validators.MaxValueValidator(20)],
                verbose_name="kabari bila tinggal (orang)",
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="confirmed_at",
            field=models.DateTimeField(null=True, verbose_name="dipastikan datang"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="kept_until",
            field=models.DateTimeField(null=True, verbose_name="disimpan sampai"),
        ),
        migrations.AddField(
            model_name="visit",
            name="prefer",
            field=models.CharField(
                blank=True, db_default="", max_length=12, verbose_name="saluran pilihan"
            ),
        ),
        migrations.AddField(
            model_name="visit",
            name="push",
            field=privacy.fields.EncryptedTextField(editable=False, null=True),
        ),
        migrations.CreateModel(
            name="EarlierWish",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("not_before", models.DateTimeField(verbose_name="paling cepat")),
                ("created_at", models.DateTimeField(verbose_name="dibuat")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="berakhir")),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="earlier_wishes",
                        to="queueing.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "keinginan waktu lebih awal",
                "verbose_name_plural": "keinginan waktu lebih awal",
            },
        ),
        migrations.CreateModel(
            name="FreedSeat",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("online", models.BooleanField(verbose_name="kursi daring")),
                ("freed_at", models.DateTimeField(verbose_name="dikembalikan")),
                ("expires_at", models.DateTimeField(verbose_name="sampai")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "disimpan"),
                            ("taken", "diambil"),
                            ("released", "dilepas"),
                        ],
                        default="open",
                        max_length=8,
                        verbose_name="keadaan",
                    ),
                ),
                (
                    "freed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="queueing.ticket",
                    ),
                ),
                ("refused", models.ManyToManyField(related_name="+", to="queueing.earlierwish")),
                (
                    "window",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="freed_seats",
                        to="queueing.window",
                    ),
                ),
                (
                    "wish",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offers",
                        to="queueing.earlierwish",
                    ),
                ),
            ],
            options={
                "verbose_name": "kursi yang dikembalikan",
                "verbose_name_plural": "kursi yang dikembalikan",
            },
        ),
        migrations.AddConstraint(
            model_name="earlierwish",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("ticket",),
                name="one_open_wish_per_ticket",
            ),
        ),
        migrations.AddIndex(
            model_name="freedseat",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["expires_at"], name="seats_held_back"
            ),
        ),
        migrations.AddConstraint(
            model_name="freedseat",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("wish",),
                name="one_open_offer_per_wish",
            ),
        ),
    ]
