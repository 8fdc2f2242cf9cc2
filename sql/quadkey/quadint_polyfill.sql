{% import "common/room.sql" as room %}
{% import "quadkey/macros.sql" as cells %}
SELECT JSON_PARSE({{ schema }}.__QUADINT_POLYFILL(ST_AsHexEWKB({{ cells.in_degrees(geo) }}), {{ resolution }},
  {{ room.of_cells(cells.item_size(resolution), room.tiles(geo, resolution)) }}))
