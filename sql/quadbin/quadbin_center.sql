{% import "quadbin/macros.sql" as cells %}
SELECT ST_SetSRID(ST_Point({{ cells.longitude(quadbin, 1) }}, {{ cells.latitude(quadbin, 1) }}), 4326)
