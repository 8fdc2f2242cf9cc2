{% import "h3/macros.sql" as cells %}
SELECT {{ schema }}.H3_FROMLONGLAT_INT(
  {{ cells.coordinate("ST_X", point) }}, {{ cells.coordinate("ST_Y", point) }}, {{ resolution }})
