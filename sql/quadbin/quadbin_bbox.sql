{% import "quadbin/macros.sql" as cells %}
SELECT CASE WHEN {{ quadbin }} IS NOT NULL THEN ARRAY(
  {{ cells.longitude(quadbin, 0) }}, {{ cells.latitude(quadbin, 2) }},
  {{ cells.longitude(quadbin, 2) }}, {{ cells.latitude(quadbin, 0) }}) END
