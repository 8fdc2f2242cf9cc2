{% import "s2/macros.sql" as cells %}
SELECT {{ schema }}.__S2_FROMLONGLAT(
  {{ cells.any_longitude(longitude) }}, {{ cells.latitude(latitude) }}, {{ resolution }})
