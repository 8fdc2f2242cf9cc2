{% import "quadkey/macros.sql" as quadints %}
SELECT {{ schema }}.QUADINT_FROMLONGLAT(
  ST_X({{ quadints.in_degrees(point) }}), ST_Y({{ quadints.in_degrees(point) }}), {{ resolution }})
