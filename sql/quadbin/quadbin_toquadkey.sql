{% import "quadbin/macros.sql" as cells %}
{# Every hexadecimal digit becomes two digits in base 4. The digits 0 to 3 first step aside as w to z, since they are also
   results. A one in front keeps the leading zeros. #}
{% set digits = namespace(text="TRANSLATE(TO_HEX((" ~ quadbin ~ " & " ~ cells.LOW_52 ~ ") | " ~ (cells.LOW_52 + 1)
  ~ "), '0123', 'wxyz')") %}
{% for digit in "wxyz456789abcdef" %}
{% set digits.text = "REPLACE(" ~ digits.text ~ ", '" ~ digit ~ "', '" ~ (loop.index0 // 4) ~ (loop.index0 % 4) ~ "')" %}
{% endfor %}
SELECT SUBSTRING({{ digits.text }}, 3, {{ cells.resolution(quadbin) }})
