{% import "common/room.sql" as room %}
{% import "s2/macros.sql" as cells %}
SELECT JSON_PARSE({{ schema }}.__S2_TOCHILDREN({{ id }}, {{ resolution }},
  {{ room.of_cells(21, room.below(4, resolution ~ " - " ~ cells.resolution(id))) }}))
