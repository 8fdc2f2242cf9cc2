{% import "quadkey/macros.sql" as quadints %}
{# Spherical Mercator at zoom 29 with the reference's shift of 1e-14 to the south-east, which takes points on the border of
   a tile into it; the bits below the wanted zoom are then cut off. LEAST and GREATEST skip NULLs: these are refused first. #}
{% set unknown = longitude ~ " IS NULL OR " ~ latitude ~ " IS NULL OR " ~ resolution ~ " IS NULL" %}
{% set finite = "ABS(" ~ longitude ~ ") + ABS(" ~ latitude ~ ") <= CAST('1e300' AS DOUBLE PRECISION)" %}
{% set shift = "CAST('1e-14' AS DOUBLE PRECISION)" %}
{% set east = "LEAST(180, GREATEST(-180, " ~ longitude ~ "))" %}
{% set sine = "SIN(RADIANS(LEAST(85.05, GREATEST(-85.05, " ~ latitude ~ "))))" %}
{% set x = "LEAST(" ~ (quadints.FULL - 1) ~ ", CAST(FLOOR((" ~ east ~ " / 360 + 0.5 + " ~ shift ~ ") * " ~ quadints.FULL
  ~ ") AS BIGINT))" %}
{% set y = "CAST(FLOOR((0.5 - 0.25 * LN((1 + " ~ sine ~ ") / (1 - " ~ sine ~ ")) / PI() + " ~ shift ~ ") * "
  ~ quadints.FULL ~ ") AS BIGINT)" %}
SELECT CASE
  WHEN {{ unknown }} THEN {{ quadints.null_error(unknown) }}
  WHEN {{ quadints.zoom_fault(resolution) }} THEN {{ quadints.zoom_error(resolution) }}
  WHEN {{ finite }} THEN {{ quadints.quadint_of_tile(
    resolution, "(" ~ x ~ " >> (29 - " ~ resolution ~ "))", "(" ~ y ~ " >> (29 - " ~ resolution ~ "))") }}
  ELSE {{ quadints.error_if("NOT (" ~ finite ~ ")", "Invalid coordinates: longitude and latitude should be finite numbers") }}
END
