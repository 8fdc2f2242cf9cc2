{% import "quadkey/macros.sql" as quadints %}
{% set unknown = quadkey ~ " IS NULL" %}
SELECT CASE
  WHEN {{ unknown }} THEN {{ quadints.null_error(unknown) }}
  WHEN {{ quadints.key_fault(quadkey) }} THEN {{ quadints.key_error(quadkey) }}
  ELSE {{ quadints.quadint_of_tile("LEN(" ~ quadkey ~ ")", quadints.key_x(quadkey), quadints.key_y(quadkey)) }}
END
