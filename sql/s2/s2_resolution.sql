{% import "s2/macros.sql" as cells %}
SELECT CASE WHEN {{ cells.is_cell(id) }} THEN {{ cells.resolution(id) }} ELSE CAST({{ cells.cell_error(id) }} AS INTEGER) END
