from django.db import migrations

# A batch's payload is written once and read a moment later by every follower. Squeezing it
# together was a twelfth of PostgreSQL's work for a batch, and each reader undid it.
FORWARD = "ALTER TABLE matching_eventbatch ALTER COLUMN payload SET STORAGE EXTERNAL"
REVERSE = "ALTER TABLE matching_eventbatch ALTER COLUMN payload SET STORAGE EXTENDED"


class Migration(migrations.Migration):
    dependencies = [("matching", "0003_engines_know_the_time")]
    operations = [migrations.RunSQL(FORWARD, REVERSE)]
