{% import "s2/macros.sql" as cells %}
{# Nothing to keep of the id but what stands above the end bit, moved up by two bits. #}
{% set bit = "(4 * " ~ cells.end_bit(id) ~ ")" %}
{% set face = "(" ~ id ~ " & " ~ cells.BELOW_FACE ~ ") = " ~ 2 ** 60 %}
SELECT CASE
  WHEN {{ cells.is_cell(id) }} AND NOT ({{ face }}) THEN ({{ id }} & -{{ bit }}) | {{ bit }}
  WHEN {{ face }} AND {{ cells.is_cell(id) }}
    THEN {{ cells.error_if(face, "'A cell of resolution 0 has no parent: ' || CAST(" ~ id ~ " AS VARCHAR(20))") }}
  ELSE {{ cells.cell_error(id) }}
END
