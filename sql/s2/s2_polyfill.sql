{% import "common/room.sql" as room %}
{% import "s2/macros.sql" as cells %}
SELECT JSON_PARSE({{ schema }}.__S2_POLYFILL(ST_AsHexEWKB({{ cells.in_degrees(geom) }}), {{ resolution }},
  {{ room.of_cells(21, room.quadrilaterals(geom, resolution)) }}))
