{# Expressions that the geometry functions share. #}

{# An error with `message` where `condition` holds, else 0: Redshift has no function that raises an error, but casting a text
   that is not a number does. The CASE stands inside the cast, so that the expression is harmless wherever the condition is
   false, even if Redshift evaluates it in advance. #}
{% macro error_if(condition, message) -%}
CAST(CASE WHEN {{ condition }} THEN '{{ message }}' ELSE '0' END AS BIGINT)
{%- endmacro %}

{# The same where a geometry is expected. #}
{% macro geometry_error_if(condition, message) -%}
ST_SetSRID(ST_Point(CAST({{ error_if(condition, message) }} AS DOUBLE PRECISION), 0), 4326)
{%- endmacro %}

{# A geometry in longitude and latitude, whatever its reference system: SRID 0 is read as 4326. Writes `geom` three times. #}
{% macro in_degrees(geom) -%}
CASE WHEN ST_SRID({{ geom }}) IN (0, 4326) THEN {{ geom }} ELSE ST_Transform({{ geom }}, 4326) END
{%- endmacro %}

{# A geometry as Lambda functions read it, and back. #}
{% macro sent(geom) %}ST_AsHexEWKB({{ in_degrees(geom) }}){% endmacro %}
{% macro received(call) %}ST_GeomFromEWKB({{ call }}){% endmacro %}

{# A number as text, which keeps its last digits on the way to Lambda. #}
{% macro digits(number) %}CAST({{ number }} AS VARCHAR(MAX)){% endmacro %}

{# As many blanks as a result will have characters, up to what Redshift takes. Redshift bounds how many bytes it sends in a
   batch, not how many come back: with the blanks, the first bounds the second, and rows with small results go in large
   batches. Handlers do not look at them. #}
{% macro room(characters, items, most, more=0) -%}
REPEAT(' ', {{ more }} + {{ characters }} * LEAST(GREATEST({{ items }}, 0), {{ most }}))
{%- endmacro %}

{# The reference toolbox's units with the radius of its sphere, 6371.0088 km, in each. #}
{% set RADII = {
  "kilometers": 6371.0088, "km": 6371.0088, "meters": 6371008.8, "m": 6371008.8,
  "miles": 6371008.8 * 0.000621371192, "mi": 6371008.8 * 0.000621371192,
  "feet": 6371008.8 * 3.28084, "ft": 6371008.8 * 3.28084, "inches": 6371008.8 * 39.370, "in": 6371008.8 * 39.370,
  "yards": 6371008.8 / 0.9144, "yd": 6371008.8 / 0.9144, "centimeters": 637100880, "cen": 637100880,
  "nauticalmiles": 6371008.8 * 0.000539956803, "naut": 6371008.8 * 0.000539956803,
  "degrees": 6371008.8 / 111325, "radians": 1} %}

{% macro unknown_unit(units) -%}
LOWER({{ units }}) NOT IN ('{{ RADII | join("', '") }}')
{%- endmacro %}

{% macro radius_in(units) -%}
CASE LOWER({{ units }}){% for unit, radius in RADII.items() %} WHEN '{{ unit }}' THEN CAST({{ radius }} AS DOUBLE PRECISION)
{%- endfor %} END
{%- endmacro %}

{# What makes a destination impossible, with its words, and the destination itself. #}
{% macro destination(schema, geom, distance, bearing, radius) -%}
{% set no_point = "GeometryType(" ~ geom ~ ") NOT LIKE 'POINT%'" %}
{% set not_finite = "NOT (ABS(" ~ distance ~ ") + ABS(" ~ bearing ~ ") <= CAST('1e300' AS DOUBLE PRECISION))" %}
  WHEN {{ no_point }} THEN {{ geometry_error_if(no_point, "geom should be a Point") }}
  WHEN {{ not_finite }}
    THEN {{ geometry_error_if(not_finite, "Invalid distance or bearing: should be a finite number") }}
  ELSE {{ schema }}.__DESTINATION(ST_X({{ in_degrees(geom) }}), ST_Y({{ in_degrees(geom) }}),
    {{ distance }} / {{ radius }}, {{ bearing }})
{%- endmacro %}
