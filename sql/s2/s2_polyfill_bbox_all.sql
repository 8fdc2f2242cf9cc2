{% import "s2/macros.sql" as cells %}
SELECT JSON_PARSE({{ schema }}.__S2_POLYFILL_BBOX(
  {{ cells.longitude(min_lng) }}, {{ cells.longitude(max_lng) }},
  {{ cells.latitude(min_lat) }}, {{ cells.latitude(max_lat) }}))
