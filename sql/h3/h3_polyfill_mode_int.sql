{% import "h3/macros.sql" as cells %}
SELECT JSON_PARSE({{ schema }}.__H3_POLYFILL_INT(ST_AsHexEWKB({{ cells.in_degrees(geom) }}),
  {{ cells.known_resolution(resolution) }}, {{ mode }}))
