"""What happened to a case stays written; only erasure by age may empty a note, nothing else."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION complaints_events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE emptied complaints_caseevent;
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('privacy.erasing', true) = 'on' THEN
        emptied := OLD;
        emptied.note := NEW.note;
        IF NEW IS NOT DISTINCT FROM emptied THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'case events are append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER case_events_are_append_only
    BEFORE UPDATE OR DELETE ON complaints_caseevent
    FOR EACH ROW EXECUTE FUNCTION complaints_events_are_append_only();
"""
NOT_ANY_MORE = """
DROP TRIGGER case_events_are_append_only ON complaints_caseevent;
DROP FUNCTION complaints_events_are_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("complaints", "0001_cases")]

    operations = [migrations.RunSQL(APPEND_ONLY, NOT_ANY_MORE)]
