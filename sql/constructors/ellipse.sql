{% import "transformations/macros.sql" as geo %}
{# The call of the Lambda function; angle, units and steps may be left to their defaults. #}
{% macro ellipse(schema, center, x, y, angle="0", units="'kilometers'", steps="") -%}
{{ geo.received(schema ~ (".__MAKEELLIPSE(" if steps else ".__MAKEELLIPSE_64(") ~ geo.sent(center) ~ ", " ~ geo.digits(x)
  ~ ", " ~ geo.digits(y) ~ ", " ~ geo.digits(angle) ~ ", " ~ units ~ (", " ~ steps if steps else "") ~ ")") }}
{%- endmacro %}
