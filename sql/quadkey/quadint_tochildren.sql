{% import "common/room.sql" as room %}
{% import "quadkey/macros.sql" as cells %}
SELECT JSON_PARSE({{ schema }}.__QUADINT_TOCHILDREN({{ quadint }}, {{ resolution }},
  {{ room.of_cells(cells.item_size(resolution), room.below(4, resolution ~ " - " ~ cells.zoom(quadint))) }}))
