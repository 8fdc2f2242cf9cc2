{% import "h3/macros.sql" as cells %}
SELECT {{ schema }}.__H3_DISTANCE({{ cells.cell(origin) }}, {{ cells.cell(destination) }})
