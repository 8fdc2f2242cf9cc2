{% import "common/room.sql" as room %}
SELECT JSON_PARSE({{ schema }}.__QUADBIN_KRING_DISTANCES({{ origin }}, {{ size }}, {{ room.of_cells(58, room.square(size)) }}))
