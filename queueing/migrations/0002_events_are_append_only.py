"""What happened to a ticket stays written: the database refuses to change or remove an event."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("queueing", "0001_queueing")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION queueing_events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'ticket events are append-only'; END $$;
            CREATE TRIGGER ticket_events_are_append_only
                BEFORE UPDATE OR DELETE ON queueing_ticketevent
                FOR EACH ROW EXECUTE FUNCTION queueing_events_are_append_only();
            """,
            """
            DROP TRIGGER ticket_events_are_append_only ON queueing_ticketevent;
            DROP FUNCTION queueing_events_are_append_only();
            """,
        ),
    ]
