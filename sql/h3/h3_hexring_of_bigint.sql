{% import "common/room.sql" as room %}
SELECT JSON_PARSE({{ schema }}.__H3_HEXRING_INT({{ origin }}, {{ size }}, {{ room.of_cells(19, room.hexagon_ring(size)) }}))
