{% import "transformations/macros.sql" as geo %}
SELECT CASE WHEN NOT ST_IsEmpty({{ geom }}) THEN ST_SetSRID(ST_ConvexHull(ST_Force2D({{ geo.in_degrees(geom) }})), 4326) END
