from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0005_message_texts"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("kind__in", ["ahead", "called", "code"]), ("state", "due")),
                fields=["send_after"],
                name="message_urgent",
            ),
        ),
    ]
