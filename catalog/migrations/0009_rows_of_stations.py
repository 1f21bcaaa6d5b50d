"""A row for each station there is, whose text workers write. The table is new, so that nobody waits for its rows."""

from django.db import migrations

FILL = """
    insert into catalog_stationtext (location_id, party_id, place, point, evse_ids)
    select location_id, min(party_id), point::text, (array_agg(point))[1], array_agg(distinct evse_id order by evse_id)
    from catalog_offer where listed group by location_id, point::text
    on conflict do nothing
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_station_texts")]

    operations = [migrations.RunSQL(FILL, "delete from catalog_stationtext")]
