{% import "h3/macros.sql" as cells %}
SELECT {{ cells.number(index) }}
