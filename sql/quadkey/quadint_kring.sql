{% import "common/room.sql" as room %}
{% import "quadkey/macros.sql" as cells %}
SELECT JSON_PARSE({{ schema }}.__QUADINT_KRING({{ origin }}, {{ size }}, {{ room.of_cells(cells.item_size(origin), room.square(size)) }}))
