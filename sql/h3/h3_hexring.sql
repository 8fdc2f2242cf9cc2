{% import "h3/macros.sql" as cells %}
SELECT {{ cells.array(schema ~ ".__H3_HEXRING(" ~ cells.cell(origin) ~ ", " ~ size ~ ")") }}
