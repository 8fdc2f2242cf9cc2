{% import "quadbin/macros.sql" as cells %}
{# Spherical Mercator (EPSG:3857) at resolution 26; the bits below the wanted resolution are then overwritten with ones.
   LEAST and GREATEST skip NULLs, so NULL coordinates must not get there: they satisfy neither of the last two conditions. #}
{% set finite = "ABS(" ~ longitude ~ ") + ABS(" ~ latitude ~ ") <= CAST('1e300' AS DOUBLE PRECISION)" %}
{% set east = "LEAST(180, GREATEST(-180, " ~ longitude ~ "))" %}
{% set sine = "SIN(LEAST(89, GREATEST(-89, " ~ latitude ~ ")) * PI() / 180)" %}
{% set x = "CAST(FLOOR((" ~ east ~ " / 360 + 0.5) * " ~ cells.FULL ~ ") AS BIGINT) & " ~ (cells.FULL - 1) %}
{% set y = "LEAST(" ~ (cells.FULL - 1) ~ ", GREATEST(0, CAST(FLOOR((0.5 - 0.25 * LN((1 + " ~ sine ~ ") / (1 - " ~ sine
  ~ ")) / PI()) * " ~ cells.FULL ~ ") AS BIGINT)))" %}
SELECT CASE
  WHEN {{ cells.resolution_fault(resolution) }} THEN {{ cells.resolution_error(resolution) }}
  WHEN {{ finite }} THEN {{ cells.CELL }} | (CAST({{ resolution }} AS BIGINT) << 52)
    | {{ cells.spread(x) }} | {{ cells.spread(y, 1) }}
    | ({{ cells.LOW_52 }} >> CAST(2 * {{ resolution }} AS INTEGER))
  WHEN NOT ({{ finite }})
    THEN {{ cells.error_if("NOT (" ~ finite ~ ")", "Invalid coordinates: longitude and latitude should be finite numbers") }}
END
