{% import "common/room.sql" as room %}
{% import "quadkey/macros.sql" as cells %}
SELECT JSON_PARSE({{ schema }}.__QUADINT_POLYFILL_MODE(ST_AsHexEWKB({{ cells.in_degrees(geo) }}), {{ resolution }}, {{ mode }},
  {{ room.of_cells(cells.item_size(resolution), room.tiles(geo, resolution)) }}))
