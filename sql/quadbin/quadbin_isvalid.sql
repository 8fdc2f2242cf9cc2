{% import "quadbin/macros.sql" as cells %}
{# 36 is the upper seven bits of a cell: sign 0, header 1, mode 001, mode-dependent bits 00. Below the last digit of the
   resolution all bits are ones. NULL is not a cell. #}
SELECT CASE WHEN ({{ quadbin }} >> 57) = 36 AND {{ cells.resolution(quadbin) }} <= 26
  AND ({{ quadbin }} | ({{ cells.LOW_52 }} >> (2 * {{ cells.resolution(quadbin) }}))) = {{ quadbin }}
  THEN TRUE ELSE FALSE END
