{% import "transformations/macros.sql" as geo %}
SELECT CASE
  {{ geo.destination(schema, geom, distance, bearing, "CAST(6371.0088 AS DOUBLE PRECISION)") }}
END
