{% import "quadkey/macros.sql" as quadints %}
SELECT CASE
  WHEN {{ quadint }} IS NULL THEN ARRAY({{ quadints.null_error(quadint ~ " IS NULL") }})
  ELSE ARRAY(
    {{ quadints.longitude_of(quadint, 0) }}, {{ quadints.latitude_of(quadint, 2) }},
    {{ quadints.longitude_of(quadint, 2) }}, {{ quadints.latitude_of(quadint, 0) }})
END
