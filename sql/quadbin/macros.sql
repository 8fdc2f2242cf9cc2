{# Expressions that the quadbin functions share. An argument that is written n times in the text is evaluated n times where
   Redshift inlines a function, so every macro says how often it writes its own.

   A cell is 0 | 1 | 001 (mode: cell) | 00 | resolution (5 bits) | the bits of y and x, interleaved from the top of the
   lower 52 bits | ones. #}
{% set CELL = 0x4800000000000000 %}
{% set LOW_52 = 0xFFFFFFFFFFFFF %}
{% set X_BITS = 0x5555555555555 %}
{% set Y_BITS = 0xAAAAAAAAAAAAA %}
{% set FULL = 67108864 %}

{# An error with `message` where `condition` holds, else 0. Redshift has no function that raises an error: casting a text
   that is not a number does, and its message quotes the text. The CASE stands inside the cast, so that the expression is
   harmless wherever the condition is false, even if Redshift evaluates it in advance. #}
{% macro error_if(condition, message) -%}
CAST(CASE WHEN {{ condition }} THEN '{{ message }}' ELSE '0' END AS BIGINT)
{%- endmacro %}

{% macro resolution_fault(z) %}{{ z }} < 0 OR {{ z }} > 26{% endmacro %}
{% macro resolution_error(z) -%}
{{ error_if(resolution_fault(z), "Invalid resolution: should be between 0 and 26") }}
{%- endmacro %}

{# Resolution of a cell: an INTEGER. Writes `cell` once. #}
{% macro resolution(cell) %}CAST(({{ cell }} >> 52) & 31 AS INTEGER){% endmacro %}

{# 2 to the power of the resolution: how many cells a row of the grid has. #}
{% macro side(cell) %}(CAST(1 AS BIGINT) << {{ resolution(cell) }}){% endmacro %}

{# Bits 0, 1, 2 ... 5 of `six` to the places 0, 2, 4 ... 10: six copies that do not overlap, one bit of each kept, and the
   remainder by 2^11 - 1 folds these onto their places. #}
{% macro spread_six(six) %}(((({{ six }}) * 36591884444901378) & 54045394820169732) % 2047){% endmacro %}

{# The 26 bits of `value` to every second place, then `more` places up. Writes it five times. #}
{% macro spread(value, more=0) -%}
({{ spread_six("(" ~ value ~ ") & 63") }}{% if more %} * {{ 2 ** more }}{% endif %}
{%- for shift in (6, 12, 18, 24) %}
 | ({{ spread_six("((" ~ value ~ ") >> " ~ shift ~ ") & 63") }} * {{ 2 ** (2 * shift + more) }})
{%- endfor %})
{%- endmacro %}

{# The cell of tile z/x/y. Writes x and y five times, z four times. #}
{% macro cell_of_tile(z, x, y) -%}
{{ CELL }} | (CAST({{ z }} AS BIGINT) << 52)
 | (({{ spread(x) }} | {{ spread(y, 1) }}) << CAST(52 - 2 * {{ z }} AS INTEGER))
 | ({{ LOW_52 }} >> CAST(2 * {{ z }} AS INTEGER))
{%- endmacro %}

{# x or y of a cell's tile, at the cell's resolution. Each hexadecimal digit of the interleaved bits holds two bits of x
   and two of y: they are one digit in base 4. Writes `cell` twice. #}
{% macro _tile_part(cell, digits) -%}
(STRTOL(TRANSLATE(TO_HEX({{ cell }} & {{ LOW_52 }}), '0123456789abcdef', '{{ digits }}'), 4)
 >> (26 - LEAST(26, {{ resolution(cell) }})))
{%- endmacro %}
{% macro tile_x(cell) %}{{ _tile_part(cell, "0101232301012323") }}{% endmacro %}
{% macro tile_y(cell) %}{{ _tile_part(cell, "0011001122332233") }}{% endmacro %}

{# Degrees of a cell's west (halves 0), middle (1) or east (2) side, and of its north (0), middle (1) or south (2) side, by
   the inverse spherical Mercator projection. Writes `cell` three times. #}
{% macro longitude(cell, halves) -%}
(180 * (CAST(2 * {{ tile_x(cell) }} + {{ halves }} AS DOUBLE PRECISION) / {{ side(cell) }} - 1))
{%- endmacro %}
{% macro latitude(cell, halves) -%}
(360 * (ATAN(EXP((1 - CAST(2 * {{ tile_y(cell) }} + {{ halves }} AS DOUBLE PRECISION) / {{ side(cell) }}) * PI()))
 / PI() - 0.25))
{%- endmacro %}

{# A point in longitude and latitude, whatever its reference system: SRID 0 is read as 4326. Writes `geom` three times. #}
{% macro in_degrees(geom) -%}
CASE WHEN ST_SRID({{ geom }}) IN (0, 4326) THEN {{ geom }} ELSE ST_Transform({{ geom }}, 4326) END
{%- endmacro %}
