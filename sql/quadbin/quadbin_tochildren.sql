{% import "common/room.sql" as room %}
{% import "quadbin/macros.sql" as cells %}
SELECT JSON_PARSE({{ schema }}.__QUADBIN_TOCHILDREN({{ quadbin }}, {{ resolution }},
  {{ room.of_cells(20, room.below(4, resolution ~ " - " ~ cells.resolution(quadbin))) }}))
