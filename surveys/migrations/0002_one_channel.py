from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("services", "0003_accent"),
        ("surveys", "0001_survey"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="invitation",
            name="invited_of_an_agency",
        ),
        migrations.RemoveField(
            model_name="invitation",
            name="channel",
        ),
        migrations.AlterField(
            model_name="response",
            name="channel",
            field=models.CharField(
                choices=[("web", "daring"), ("paper", "kertas")],
                max_length=10,
                verbose_name="saluran",
            ),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(
                condition=models.Q(("request_hash__isnull", False)),
                fields=["id"],
                name="invitations_spent_today",
            ),
        ),
    ]
