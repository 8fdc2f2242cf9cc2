{% import "transformations/macros.sql" as geo %}
{# What has no area is weighed by the length of its boundary, and what has no extent is a point. #}
{% set plane = "ST_Force2D(" ~ geo.in_degrees(geom) ~ ")" %}
{% set extended = "(ST_XMin(" ~ geom ~ ") < ST_XMax(" ~ geom ~ ") OR ST_YMin(" ~ geom ~ ") < ST_YMax(" ~ geom ~ "))" %}
SELECT ST_SetSRID(CASE
  WHEN ST_Area({{ geom }}) > 0 THEN ST_Centroid({{ plane }})
  WHEN ST_IsEmpty({{ geom }}) THEN NULL
  WHEN NOT {{ extended }} THEN ST_Point(ST_XMin({{ plane }}), ST_YMin({{ plane }}))
  WHEN ST_Dimension({{ geom }}) = 2 THEN ST_Centroid(ST_Boundary({{ plane }}))
  ELSE ST_Centroid({{ plane }})
END, 4326)
