{% import "quadbin/macros.sql" as cells %}
SELECT ST_MakeEnvelope(
  {{ cells.longitude(quadbin, 0) }}, {{ cells.latitude(quadbin, 2) }},
  {{ cells.longitude(quadbin, 2) }}, {{ cells.latitude(quadbin, 0) }}, 4326)
