{# Expressions that the H3 functions share. Redshift's own H3_* functions work on BIGINT and fail for what is no cell, so
   they are called where a CASE has made sure. Unqualified, their names mean those of pg_catalog, never ours.

   A cell is 0 | 0001 (mode: cell) | 000 | resolution (4 bits) | base cell (7 bits) | 15 digits of 3 bits, 7 where the
   resolution has ended. An argument that is written n times in the text is evaluated n times where Redshift inlines a
   function, so every macro says how often it writes its own. #}
{% set DIGITS = 0x1FFFFFFFFFFF %}
{% set PENTAGONS = "4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117" %}

{# Whether a text has no other than hexadecimal digits. Writes `index` once. #}
{% macro is_hexadecimal(index) %}LEN(TRANSLATE({{ index }}, '0123456789abcdefABCDEF', '')) = 0{% endmacro %}

{# The number of a hexadecimal text of up to 63 bits, NULL for any other text. Writes `index` five times. #}
{% macro number(index) -%}
CASE WHEN LEN({{ index }}) BETWEEN 1 AND 16 AND (LEN({{ index }}) < 16 OR {{ index }} < '8')
 AND {{ is_hexadecimal(index) }} THEN STRTOL({{ index }}, 16) END
{%- endmacro %}

{# The number of a text that a cell could be, 15 hexadecimal digits, NULL for any other text. Writes `index` thrice. #}
{% macro cell(index) -%}
CASE WHEN LEN({{ index }}) = 15 AND {{ is_hexadecimal(index) }} THEN STRTOL({{ index }}, 16) END
{%- endmacro %}

{# `value` where `cell` is one, else NULL. Writes `cell` once. #}
{% macro where_cell(cell, value) %}CASE WHEN H3_IsValid({{ cell }}) THEN {{ value }} END{% endmacro %}

{# Resolution of a cell: an INTEGER. Writes `cell` once. #}
{% macro resolution(cell) %}CAST(({{ cell }} >> 52) & 15 AS INTEGER){% endmacro %}

{# Whether a number is a cell with five sides: its base cell has, and its digits are all 0. Writes `cell` four times. #}
{% macro is_pentagon(cell) -%}
CASE WHEN H3_IsValid({{ cell }}) AND (({{ cell }} >> 45) & 127) IN ({{ PENTAGONS }})
 AND (({{ cell }} & {{ DIGITS }}) >> (45 - 3 * {{ resolution(cell) }})) = 0 THEN TRUE ELSE FALSE END
{%- endmacro %}

{# The cell of a longitude and latitude, NULL where there is none. Longitudes beyond 180 go around the Earth. Writes
   `longitude` three times, `latitude` and `to` twice. #}
{% macro cell_at(longitude, latitude, to) -%}
CASE WHEN {{ to }} BETWEEN 0 AND 15 AND {{ latitude }} BETWEEN -90 AND 90
 AND ABS({{ longitude }}) <= 1000000000
 THEN H3_FromLongLat({{ longitude }} - 360 * CEIL({{ longitude }} / 360 - 0.5), {{ latitude }}, {{ to }}) END
{%- endmacro %}

{# The ancestor of a cell, NULL where there is none. Writes `cell` three times, `to` twice. #}
{% macro parent(cell, to) -%}
CASE WHEN H3_IsValid({{ cell }}) AND {{ to }} BETWEEN 0 AND {{ resolution(cell) }} THEN H3_ToParent({{ cell }}, {{ to }}) END
{%- endmacro %}

{# A point in longitude and latitude, whatever its reference system: SRID 0 is read as 4326. Writes `geom` three times. #}
{% macro in_degrees(geom) -%}
CASE WHEN ST_SRID({{ geom }}) IN (0, 4326) THEN {{ geom }} ELSE ST_Transform({{ geom }}, 4326) END
{%- endmacro %}

{# A coordinate of a point, NULL for other geometries. `part` is ST_X or ST_Y. Writes `geom` four times. #}
{% macro coordinate(part, geom) -%}
CASE WHEN ST_GeometryType({{ geom }}) = 'ST_Point' THEN {{ part }}({{ in_degrees(geom) }}) END
{%- endmacro %}

{# A resolution from 0 to 15, NULL for any other. Writes `to` twice. #}
{% macro known_resolution(to) %}CASE WHEN {{ to }} BETWEEN 0 AND 15 THEN {{ to }} END{% endmacro %}

{# Texts with commas between them, as Lambda answers them, to an array: no text to an empty array. Writes `list` once. #}
{% macro array(list) %}JSON_PARSE(REPLACE('["' || REPLACE({{ list }}, ',', '","') || '"]', '[""]', '[]')){% endmacro %}
