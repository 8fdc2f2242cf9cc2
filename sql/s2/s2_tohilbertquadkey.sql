{% import "s2/macros.sql" as cells %}
{# Below the face there are 60 bits of two for each resolution (the lowest bit of all is the end bit of resolution 30).
   Every hexadecimal digit becomes two digits in base 4. The digits 0 to 3 first step aside as w to z, since they are also
   results. A one in front keeps the leading zeros. #}
{% set digits = namespace(text="TRANSLATE(TO_HEX((" ~ id ~ " >> 1) & " ~ (2 ** 60 - 1) ~ " | " ~ 2 ** 60 ~ "), '0123', 'wxyz')") %}
{% for digit in "wxyz456789abcdef" %}
{% set digits.text = "REPLACE(" ~ digits.text ~ ", '" ~ digit ~ "', '" ~ (loop.index0 // 4) ~ (loop.index0 % 4) ~ "')" %}
{% endfor %}
SELECT CASE
  WHEN {{ cells.is_cell(id) }} THEN CAST((({{ id }} >> 61) & 7) AS VARCHAR(1)) || '/'
    || SUBSTRING({{ digits.text }}, 3, {{ cells.resolution(id) }})
  ELSE CAST({{ cells.cell_error(id) }} AS VARCHAR(MAX))
END
