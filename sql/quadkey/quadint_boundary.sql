{% import "quadkey/macros.sql" as quadints %}
SELECT CASE
  WHEN {{ quadint }} IS NULL THEN CAST({{ quadints.null_error(quadint ~ " IS NULL") }} AS VARCHAR(MAX))
  ELSE ST_AsGeoJSON(ST_MakeEnvelope(
    {{ quadints.longitude_of(quadint, 0) }}, {{ quadints.latitude_of(quadint, 2) }},
    {{ quadints.longitude_of(quadint, 2) }}, {{ quadints.latitude_of(quadint, 0) }}))
END
