{# Expressions that the S2 functions share. An argument that is written n times in the text is evaluated n times where
   Redshift inlines a function, so every macro says how often it writes its own.

   A cell is 64 bits: the face (3 bits, 0 to 5), two bits for each resolution, a one, and zeros. Redshift's integers are
   signed, so the cells of the faces 4 and 5 are negative, and the numbers from -2^62 to -1 would be of the faces 6 and 7. #}
{% set BELOW_FACE = 0x1FFFFFFFFFFFFFFF %}
{% set EVEN_BITS = 0x1555555555555555 %}
{% set FACES_6_AND_7 = "-4611686018427387904 AND -1" %}
{% set NULL_MESSAGE = "NULL argument passed to UDF" %}

{# An error with `message`, a text expression, where `condition` holds, else 0. Redshift has no function that raises an
   error: casting a text that is not a number does, and its message quotes the text. The CASE stands inside the cast, so
   that the expression is harmless wherever the condition is false, even if Redshift evaluates it in advance. #}
{% macro error_if(condition, message) -%}
CAST(CASE WHEN {{ condition }} THEN {{ message }} ELSE '0' END AS BIGINT)
{%- endmacro %}

{# The bit that ends a cell: 4 to the power of (30 - resolution). Without the face the sign cannot overflow. Writes `id`
   twice. #}
{% macro end_bit(id) %}(({{ id }} & {{ BELOW_FACE }}) & -({{ id }} & {{ BELOW_FACE }})){% endmacro %}

{# The same of a resolution. Writes it once. #}
{% macro end_bit_of(resolution) %}(CAST(1 AS BIGINT) << (60 - 2 * {{ resolution }})){% endmacro %}

{# Whether a number is a cell; not true for NULL. Writes `id` three times. #}
{% macro is_cell(id) -%}
{{ id }} NOT BETWEEN {{ FACES_6_AND_7 }} AND ({{ end_bit(id) }} & {{ EVEN_BITS }}) <> 0
{%- endmacro %}

{# Resolution of a cell, an INTEGER; 30 where there is no bit, so that the logarithm is harmless. Writes `id` twice. #}
{% macro resolution(id) -%}
(30 - CAST(ROUND(LN(GREATEST(1, {{ end_bit(id) }})) / LN(4)) AS INTEGER))
{%- endmacro %}

{% macro cell_message(id) %}'Invalid S2 cell id: ' || CAST({{ id }} AS VARCHAR(20)){% endmacro %}

{# What is wrong with a number that is not a cell: it is NULL, or another number. An error in any case that is neither. #}
{% macro cell_error(id) -%}
{{ error_if(id ~ " IS NULL OR NOT (" ~ is_cell(id) ~ ")",
  "CASE WHEN " ~ id ~ " IS NULL THEN '" ~ NULL_MESSAGE ~ "' ELSE " ~ cell_message(id) ~ " END") }}
{%- endmacro %}

{# The same where a resolution is given as well: `fault` and `message` say what else can be wrong with the two. #}
{% macro argument_error(id, resolution, fault, message) -%}
{{ error_if("NOT COALESCE(" ~ is_cell(id) ~ " AND " ~ resolution ~ " BETWEEN 0 AND 30 AND NOT (" ~ fault ~ "), FALSE)",
  "CASE WHEN " ~ id ~ " IS NULL OR " ~ resolution ~ " IS NULL THEN '" ~ NULL_MESSAGE
  ~ "' WHEN " ~ resolution ~ " NOT BETWEEN 0 AND 30 THEN 'Resolution must be between 0 and 30, got ' || CAST("
  ~ resolution ~ " AS VARCHAR(11)) WHEN " ~ is_cell(id) ~ " THEN " ~ message ~ " ELSE " ~ cell_message(id) ~ " END") }}
{%- endmacro %}

{# Degrees as an integer, in units of 2^-52 degrees, which is exact from one degree on. NULL stays NULL; numbers that are
   not finite, or beyond `limit`, are errors. Writes `degrees` three times. #}
{% macro fixed_point(degrees, limit, message) -%}
CASE WHEN NOT (ABS({{ degrees }}) <= {{ limit }}) THEN {{ error_if("NOT (ABS(" ~ degrees ~ ") <= " ~ limit ~ ")",
  "'" ~ message ~ ", got ' || CAST(" ~ degrees ~ " AS VARCHAR(32))") }}
 ELSE CAST({{ degrees }} * {{ 2 ** 52 }} AS BIGINT) END
{%- endmacro %}
{% macro any_longitude(degrees) %}{{ fixed_point(degrees, 2000, "Longitude must be a number of degrees") }}{% endmacro %}
{% macro longitude(degrees) %}{{ fixed_point(degrees, 180, "Longitude must be between -180 and 180") }}{% endmacro %}
{% macro latitude(degrees) %}{{ fixed_point(degrees, 90, "Latitude must be between -90 and 90") }}{% endmacro %}

{# A geometry in longitude and latitude, whatever its reference system: SRID 0 is read as 4326. Writes `geom` three times. #}
{% macro in_degrees(geom) -%}
CASE WHEN ST_SRID({{ geom }}) IN (0, 4326) THEN {{ geom }} ELSE ST_Transform({{ geom }}, 4326) END
{%- endmacro %}
