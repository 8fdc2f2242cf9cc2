{% import "common/room.sql" as room %}
{% import "quadbin/macros.sql" as cells %}
SELECT JSON_PARSE({{ schema }}.__QUADBIN_POLYFILL_MODE(ST_AsHexEWKB({{ cells.in_degrees(geo) }}), {{ resolution }}, {{ mode }},
  {{ room.of_cells(20, room.tiles(geo, resolution)) }}))
