{% import "common/room.sql" as room %}
{% import "h3/macros.sql" as cells %}
{# Lambda answers index|distance,index|distance and so on. #}
{% set list = schema ~ ".__H3_KRING_DISTANCES(" ~ cells.cell(origin) ~ ", " ~ size ~ ", " ~ room.of_cells(21, room.hexagon(size)) ~ ")" %}
SELECT JSON_PARSE('[{"index":"' || REPLACE(REPLACE({{ list }}, ',', '},{"index":"'), '|', '","distance":') || '}]')
