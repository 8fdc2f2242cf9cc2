{% import "h3/macros.sql" as cells %}
SELECT COALESCE(H3_IsValid({{ cells.cell(index) }}), FALSE)
