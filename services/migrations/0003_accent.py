"""The accent colour that a mall begins with is the one its pages show."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("services", "0002_papers_and_hero")]
    operations = [
        migrations.RunSQL(
            "UPDATE services_mall SET accent_colour = '#7a3b0b' WHERE accent_colour = '#ffc629'",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="mall",
            name="accent_colour",
            field=models.CharField(
                default="#7a3b0b",
                max_length=7,
                validators=[
                    django.core.validators.RegexValidator(
                        "^#[0-9a-f]{6}$", "Warna ditulis seperti #1a2b3c."
                    )
                ],
                verbose_name="warna aksen",
            ),
        ),
    ]
