{% import "h3/macros.sql" as cells %}
SELECT TO_HEX({{ cells.parent(cells.cell(index), resolution) }})
