{% import "s2/macros.sql" as cells %}
{# Hexadecimal without the zeros at the end. Zero, which is no cell, has the token X, as in the S2 library. #}
SELECT CASE
  WHEN {{ id }} = 0 THEN 'X'
  WHEN {{ id }} IS NULL THEN CAST({{ cells.error_if(id ~ " IS NULL", "'" ~ cells.NULL_MESSAGE ~ "'") }} AS VARCHAR(MAX))
  ELSE RTRIM(LPAD(TO_HEX({{ id }}), 16, '0'), '0')
END
