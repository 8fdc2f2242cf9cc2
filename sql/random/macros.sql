{# A geometry in longitude and latitude, whatever its reference system: SRID 0 is read as 4326. Writes `geom` three times. #}
{% macro in_degrees(geom) -%}
CASE WHEN ST_SRID({{ geom }}) IN (0, 4326) THEN {{ geom }} ELSE ST_Transform({{ geom }}, 4326) END
{%- endmacro %}
