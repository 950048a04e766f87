from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("queueing", "0006_messages"),
    ]

    operations = [
        migrations.RemoveField(model_name="freedseat", name="online"),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("kept_until__isnull", False), ("state", "booked")),
                fields=["kept_until"],
                name="places_kept_for_an_answer",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("state", "done")),
                fields=["ended_at"],
                name="done_by_their_end",
            ),
        ),
    ]
