{% import "quadkey/macros.sql" as quadints %}
{% set outside = "((" ~ x ~ " | " ~ y ~ ") >> " ~ z ~ ") <> 0" %}
SELECT CASE
  WHEN {{ quadints.zoom_fault(z) }} THEN {{ quadints.zoom_error(z) }}
  WHEN {{ outside }} THEN {{ quadints.error_if(outside, "Invalid tile: x and y should be between 0 and 2^z - 1") }}
  ELSE {{ quadints.quadint_of_tile(z, x, y) }}
END
