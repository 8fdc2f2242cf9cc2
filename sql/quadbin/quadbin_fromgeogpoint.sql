{% import "quadbin/macros.sql" as cells %}
SELECT {{ schema }}.QUADBIN_FROMLONGLAT(
  ST_X({{ cells.in_degrees(point) }}), ST_Y({{ cells.in_degrees(point) }}), {{ resolution }})
