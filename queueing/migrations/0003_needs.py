"""The helps a visit asks for; and away with an index that nothing read."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("queueing", "0002_events_are_append_only"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="ticket",
            name="tickets_of_a_services_day",
        ),
        migrations.AddField(
            model_name="visit",
            name="needs",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("wheelchair", "kursi roda"),
                        ("sign_language", "juru bahasa isyarat"),
                        ("reading", "dibacakan dan dituliskan"),
                        ("companion", "didampingi petugas"),
                    ],
                    max_length=16,
                ),
                blank=True,
                default=list,
                size=None,
                verbose_name="bantuan",
            ),
        ),
    ]
