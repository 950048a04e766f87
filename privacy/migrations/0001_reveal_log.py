import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Appending is all that anybody may do; erasure by age says so in its transaction.
APPEND_ONLY = """
CREATE FUNCTION privacy_reveallog_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('privacy.erasing', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'privacy_reveallog is append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON privacy_reveallog
    FOR EACH ROW EXECUTE FUNCTION privacy_reveallog_append_only();
"""
NOT_ANY_MORE = """
DROP TRIGGER append_only ON privacy_reveallog;
DROP FUNCTION privacy_reveallog_append_only();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RevealLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(max_length=80, verbose_name="data")),
                ("reference", models.CharField(max_length=80, verbose_name="rujukan")),
                ("reason", models.CharField(max_length=200, verbose_name="alasan")),
                ("at", models.DateTimeField(db_index=True, verbose_name="waktu")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="petugas",
                    ),
                ),
            ],
            options={
                "verbose_name": "pembukaan data",
                "verbose_name_plural": "pembukaan data",
                "indexes": [models.Index(fields=["reference"], name="reveal_reference")],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, NOT_ANY_MORE),
    ]
