{% import "common/room.sql" as room %}
{% import "h3/macros.sql" as cells %}
{% set cell = cells.cell(index) %}
SELECT {{ cells.array(schema ~ ".__H3_TOCHILDREN(" ~ cell ~ ", " ~ resolution ~ ", "
  ~ room.of_cells(16, room.below(7, resolution ~ " - " ~ cells.resolution("(" ~ cell ~ ")"))) ~ ")") }}
