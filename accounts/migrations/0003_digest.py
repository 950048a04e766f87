from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_desks"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="digest",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="ringkasan lewat surel"
            ),
        ),
    ]
