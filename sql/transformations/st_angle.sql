{% import "transformations/macros.sql" as geo %}
{% macro azimuth(from) -%}
{{ schema }}.__AZIMUTH(ST_X({{ geo.in_degrees(from) }}), ST_Y({{ geo.in_degrees(from) }}),
    ST_X({{ geo.in_degrees(mid_point) }}), ST_Y({{ geo.in_degrees(mid_point) }}), {{ mercator }})
{%- endmacro %}
SELECT CASE WHEN {{ mercator }} IS NOT NULL THEN ABS(
  {{ azimuth(start_point) }} -
  {{ azimuth(end_point) }}) END
