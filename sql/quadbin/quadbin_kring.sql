{% import "common/room.sql" as room %}
SELECT JSON_PARSE({{ schema }}.__QUADBIN_KRING({{ origin }}, {{ size }}, {{ room.of_cells(20, room.square(size)) }}))
