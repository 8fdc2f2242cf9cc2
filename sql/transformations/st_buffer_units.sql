{% import "transformations/macros.sql" as geo %}
{% set unknown = geo.unknown_unit("COALESCE(" ~ units ~ ", 'kilometers')") %}
SELECT CASE
  WHEN {{ unknown }} THEN {{ geo.geometry_error_if(unknown, "unit is invalid") }}
  ELSE {{ schema }}.ST_BUFFER({{ geom }},
    {{ distance }} / {{ geo.radius_in("COALESCE(" ~ units ~ ", 'kilometers')") }} * 6371008.8, COALESCE({{ segments }}, 8))
END
