{% import "transformations/macros.sql" as geo %}
{# The call of the Lambda function; angle, units and steps may be left to their defaults. An ellipse that is cut at the
   antimeridian has a few vertices more than steps. #}
{% macro ellipse(schema, center, x, y, angle="0", units="'kilometers'", steps="") -%}
{% set rounder = ", " ~ steps ~ ", " ~ geo.room(32, "COALESCE(" ~ steps ~ ", 64)", 2039, 256) if steps else "" %}
{{ geo.received(schema ~ (".__MAKEELLIPSE(" if steps else ".__MAKEELLIPSE_64(") ~ geo.sent(center) ~ ", " ~ geo.digits(x)
  ~ ", " ~ geo.digits(y) ~ ", " ~ geo.digits(angle) ~ ", " ~ units ~ rounder ~ ")") }}
{%- endmacro %}
