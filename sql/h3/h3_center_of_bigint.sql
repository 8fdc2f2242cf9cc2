{% import "h3/macros.sql" as cells %}
SELECT {{ cells.where_cell(index, "H3_Center(" ~ index ~ ")") }}
