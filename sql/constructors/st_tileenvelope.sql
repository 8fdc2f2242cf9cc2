{% import "transformations/macros.sql" as geo %}
{# The inverse spherical Mercator projection (EPSG:3857) of the tile's corners: the boundary of the quadbin cell z/x/y. #}
{% set unknown = z ~ " IS NULL OR " ~ x ~ " IS NULL OR " ~ y ~ " IS NULL" %}
{% set fault = z ~ " < 0 OR " ~ z ~ " > 26" %}
{% set outside = "((" ~ x ~ " | " ~ y ~ ") >> " ~ z ~ ") <> 0" %}
{% macro side() %}(CAST(1 AS BIGINT) << {{ z }}){% endmacro %}
{% macro longitude(column) -%}
(180 * (CAST(2 * CAST({{ column }} AS BIGINT) AS DOUBLE PRECISION) / {{ side() }} - 1))
{%- endmacro %}
{% macro latitude(row) -%}
(360 * (ATAN(EXP((1 - CAST(2 * CAST({{ row }} AS BIGINT) AS DOUBLE PRECISION) / {{ side() }}) * PI())) / PI() - 0.25))
{%- endmacro %}
SELECT CASE
  WHEN {{ unknown }} THEN {{ geo.geometry_error_if(unknown, "NULL argument passed to UDF") }}
  WHEN {{ fault }} THEN {{ geo.geometry_error_if(fault, "Invalid resolution: should be between 0 and 26") }}
  WHEN {{ outside }} THEN {{ geo.geometry_error_if(outside, "Invalid tile: x and y should be between 0 and 2^z - 1") }}
  ELSE ST_MakeEnvelope({{ longitude(x) }}, {{ latitude(y ~ " + 1") }}, {{ longitude(x ~ " + 1") }}, {{ latitude(y) }}, 4326)
END
