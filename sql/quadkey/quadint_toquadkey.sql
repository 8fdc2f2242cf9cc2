{% import "quadkey/macros.sql" as quadints %}
{# A digit of a quadkey is a bit of x plus twice a bit of y. The binary digits of x (0 and 1) and y (0 and 2) are read as
   decimal numbers, whose sum has the digits of the key, since nothing carries. To get there every hexadecimal digit becomes
   four; 0, 1 and 2, which are also results, first step aside. #}
{% macro binary(number, one) -%}
{% set text = namespace(sql="TRANSLATE(TO_HEX(" ~ number ~ "), '012', 'xyz')") %}
{% for digit in "xyz3456789abcdef" %}
{% set four = ("000" ~ (loop.index0 // 8 * 1000 + loop.index0 // 4 % 2 * 100 + loop.index0 // 2 % 2 * 10 + loop.index0 % 2))[-4:] %}
{% set text.sql = "REPLACE(" ~ text.sql ~ ", '" ~ digit ~ "', '" ~ four.replace("1", one) ~ "')" %}
{% endfor %}
CAST({{ text.sql }} AS DECIMAL(32, 0))
{%- endmacro %}
{% set unknown = quadint ~ " IS NULL" %}
SELECT CASE
  WHEN {{ unknown }} THEN CAST({{ quadints.null_error(unknown) }} AS VARCHAR(MAX))
  ELSE LPAD(CAST({{ binary(quadints.tile_x(quadint), "1") }} + {{ binary(quadints.row_on_grid(quadint), "2") }} AS VARCHAR(40)),
    {{ quadints.zoom(quadint) }}, '0')
END
