"""What happened to a ticket stays written: the database refuses to change or remove an event.

Only erasure empties the remark of an old event: a reason can name a person.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("queueing", "0001_queueing")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION queueing_events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE emptied queueing_ticketevent;
            BEGIN
                IF TG_OP = 'UPDATE' AND current_setting('privacy.erasing', true) = 'on' THEN
                    emptied := OLD;
                    emptied.note := '';
                    IF NEW IS NOT DISTINCT FROM emptied THEN RETURN NEW; END IF;
                END IF;
                RAISE EXCEPTION 'ticket events are append-only';
            END $$;
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
