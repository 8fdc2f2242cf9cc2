{% import "s2/macros.sql" as cells %}
SELECT {{ schema }}.S2_FROMLONGLAT(
  ST_X({{ cells.in_degrees(point) }}), ST_Y({{ cells.in_degrees(point) }}), {{ resolution }})
