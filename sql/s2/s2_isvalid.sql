{% import "s2/macros.sql" as cells %}
SELECT CASE WHEN {{ cells.is_cell(id) }} THEN TRUE ELSE FALSE END
