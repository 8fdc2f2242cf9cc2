{% import "common/room.sql" as room %}
{% import "h3/macros.sql" as cells %}
SELECT {{ cells.array(schema ~ ".__H3_HEXRING(" ~ cells.cell(origin) ~ ", " ~ size ~ ", " ~ room.of_cells(16, room.hexagon_ring(size)) ~ ")") }}
