{% import "common/room.sql" as room %}
{% import "quadkey/macros.sql" as cells %}
SELECT JSON_PARSE({{ schema }}.__QUADINT_KRING_DISTANCES({{ origin }}, {{ size }},
  {{ room.of_cells("38 + " ~ cells.item_size(origin), room.square(size)) }}))
