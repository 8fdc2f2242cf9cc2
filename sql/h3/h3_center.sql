{% import "h3/macros.sql" as cells %}
{% set cell = cells.cell(index) %}
SELECT {{ cells.where_cell(cell, "H3_Center(" ~ cell ~ ")") }}
