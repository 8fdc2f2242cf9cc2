{# Expressions that the quadkey functions share. An argument that is written n times in the text is evaluated n times where
   Redshift inlines a function, so every macro says how often it writes its own.

   A quadint is the row y, the column x (as many bits each as the zoom says) and the zoom (5 bits). #}
{% import "quadbin/macros.sql" as shared %}
{% set error_if = shared.error_if %}
{% set in_degrees = shared.in_degrees %}
{% set FULL = 536870912 %}

{# Errors with the condition that they are for: conditions name what they test once. #}
{% macro null_error(condition) %}{{ error_if(condition, "NULL argument passed to UDF") }}{% endmacro %}
{% macro zoom_fault(z) %}{{ z }} < 0 OR {{ z }} > 29{% endmacro %}
{% macro zoom_error(z) %}{{ error_if(zoom_fault(z), "Wrong zoom: should be between 0 and 29") }}{% endmacro %}

{# Zoom of a quadint: an INTEGER. Writes `quadint` once. #}
{% macro zoom(quadint) %}CAST({{ quadint }} & 31 AS INTEGER){% endmacro %}

{# How many characters a quadint of a zoom has, and a comma, at most; of a quadint, the lowest five bits are the zoom. #}
{% macro item_size(quadint) %}(CAST(0.30103 * (2 * ({{ quadint }} & 31) + 5) AS INTEGER) + 3){% endmacro %}

{# 2 to the power of the zoom: how many tiles a row of the grid has. #}
{% macro side(quadint) %}(CAST(1 AS BIGINT) << {{ zoom(quadint) }}){% endmacro %}

{# x and y of a quadint's tile. Write `quadint` twice. #}
{% macro tile_x(quadint) %}(({{ quadint }} >> 5) & ({{ side(quadint) }} - 1)){% endmacro %}
{% macro tile_y(quadint) %}({{ quadint }} >> (5 + {{ zoom(quadint) }})){% endmacro %}

{# y, kept on the grid whatever the number is. Writes `quadint` three times. #}
{% macro row_on_grid(quadint) %}({{ tile_y(quadint) }} & ({{ side(quadint) }} - 1)){% endmacro %}

{# The quadint of tile z/x/y. Writes z twice, x and y once. #}
{% macro quadint_of_tile(z, x, y) -%}
(CAST({{ y }} AS BIGINT) << CAST(5 + {{ z }} AS INTEGER)) | (CAST({{ x }} AS BIGINT) << 5) | {{ z }}
{%- endmacro %}

{# Degrees of the west (halves 0), middle (1) or east (2) side of column x of `side` columns, and of the north (0), middle
   (1) or south (2) side of row y, by the inverse spherical Mercator projection. Write each argument once. #}
{% macro longitude(x, side, halves) -%}
(180 * (CAST(2 * {{ x }} + {{ halves }} AS DOUBLE PRECISION) / {{ side }} - 1))
{%- endmacro %}
{% macro latitude(y, side, halves) -%}
(360 * (ATAN(EXP((1 - CAST(2 * {{ y }} + {{ halves }} AS DOUBLE PRECISION) / {{ side }}) * PI())) / PI() - 0.25))
{%- endmacro %}

{# The same of a quadint. Write it three and four times. #}
{% macro longitude_of(quadint, halves) %}{{ longitude(tile_x(quadint), side(quadint), halves) }}{% endmacro %}
{% macro latitude_of(quadint, halves) %}{{ latitude(row_on_grid(quadint), side(quadint), halves) }}{% endmacro %}

{# What is wrong with a quadkey, and its column and row, whose binary digits are those of the key. #}
{% macro key_fault(key) %}LEN({{ key }}) > 29 OR LEN(TRANSLATE({{ key }}, '0123', '')) > 0{% endmacro %}
{% macro key_error(key) -%}
{{ error_if(key_fault(key), "Unexpected quadkey digit: a quadkey is up to 29 digits from 0 to 3") }}
{%- endmacro %}
{% macro key_x(key) %}STRTOL('0' || TRANSLATE({{ key }}, '0123', '0101'), 2){% endmacro %}
{% macro key_y(key) %}STRTOL('0' || TRANSLATE({{ key }}, '0123', '0011'), 2){% endmacro %}
{% macro key_side(key) %}(CAST(1 AS BIGINT) << LEN({{ key }})){% endmacro %}

{# The shorter way around a ring of `side` tiles between two whose numbers differ by `difference`. Writes the
   difference once. #}
{% macro around(difference, side) -%}
({{ side }} / 2 - ABS(ABS({{ difference }}) - {{ side }} / 2))
{%- endmacro %}
