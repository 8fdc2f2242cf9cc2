{% import "s2/macros.sql" as cells %}
{# The end bits of the children are two bits lower, and they are two of these bits apart. #}
{% set bit = "(" ~ cells.end_bit(id) ~ " >> 2)" %}
SELECT CASE
  WHEN {{ cells.is_cell(id) }} AND ({{ id }} & 1) = 0
    THEN ARRAY({{ id }} - 3 * {{ bit }}, {{ id }} - {{ bit }}, {{ id }} + {{ bit }}, {{ id }} + 3 * {{ bit }})
  WHEN {{ cells.is_cell(id) }} THEN ARRAY({{ cells.error_if("(" ~ id ~ " & 1) = 1",
    "'A cell of resolution 30 has no children: ' || CAST(" ~ id ~ " AS VARCHAR(20))") }})
  ELSE ARRAY({{ cells.cell_error(id) }})
END
