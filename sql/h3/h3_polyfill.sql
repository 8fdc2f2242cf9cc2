{% import "common/room.sql" as room %}
{% import "h3/macros.sql" as cells %}
SELECT {{ cells.array(schema ~ ".__H3_POLYFILL(ST_AsHexEWKB(" ~ cells.in_degrees(geom) ~ "), "
  ~ cells.known_resolution(resolution) ~ ", 'center', " ~ room.of_cells(16, room.hexagons(geom, resolution)) ~ ")") }}
