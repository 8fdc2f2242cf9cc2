{% import "quadkey/macros.sql" as quadints %}
SELECT ST_SetSRID(ST_Point({{ quadints.longitude_of(quadint, 1) }}, {{ quadints.latitude_of(quadint, 1) }}), 4326)
