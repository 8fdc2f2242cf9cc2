{% import "common/room.sql" as room %}
{% import "h3/macros.sql" as cells %}
SELECT JSON_PARSE({{ schema }}.__H3_POLYFILL_INT(ST_AsHexEWKB({{ cells.in_degrees(geom) }}),
  {{ cells.known_resolution(resolution) }}, 'center',
  {{ room.of_cells(19, room.hexagons(geom, resolution)) }}))
