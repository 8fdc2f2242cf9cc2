{% import "transformations/macros.sql" as geo %}
{# The call of the Lambda function; angle, units and steps may be left to their defaults. #}
{% macro ellipse(schema, center, x, y, angle="0", units="'kilometers'", steps="64") -%}
{{ geo.received(schema ~ ".__MAKEELLIPSE(" ~ geo.sent(center) ~ ", " ~ geo.digits(x) ~ ", " ~ geo.digits(y) ~ ", "
  ~ geo.digits(angle) ~ ", " ~ units ~ ", " ~ steps ~ ")") }}
{%- endmacro %}
