{% import "transformations/macros.sql" as geo %}
SELECT CASE
  WHEN {{ geo.unknown_unit(units) }} THEN {{ geo.geometry_error_if(geo.unknown_unit(units), "unit is invalid") }}
  {{ geo.destination(schema, geom, distance, bearing, geo.radius_in(units)) }}
END
