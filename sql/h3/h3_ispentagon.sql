{% import "h3/macros.sql" as cells %}
SELECT {{ cells.is_pentagon(cells.cell(index)) }}
