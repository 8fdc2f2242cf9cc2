{% import "common/room.sql" as room %}
SELECT JSON_PARSE({{ schema }}.__H3_KRING_DISTANCES_INT({{ origin }}, {{ size }}, {{ room.of_cells(58, room.hexagon(size)) }}))
