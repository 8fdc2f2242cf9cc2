{% import "transformations/macros.sql" as geo %}
{% set not_finite = "NOT (ABS(" ~ xmin ~ ") + ABS(" ~ ymin ~ ") + ABS(" ~ xmax ~ ") + ABS(" ~ ymax
  ~ ") <= CAST('1e300' AS DOUBLE PRECISION))" %}
SELECT CASE
  WHEN {{ not_finite }} THEN {{ geo.geometry_error_if(not_finite, "Invalid coordinates: should be finite numbers") }}
  ELSE ST_MakeEnvelope({{ xmin }}, {{ ymin }}, {{ xmax }}, {{ ymax }}, 4326)
END
