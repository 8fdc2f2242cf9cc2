{% import "quadkey/macros.sql" as quadints %}
{% set unknown = quadkey ~ " IS NULL" %}
{% set x, y, side = quadints.key_x(quadkey), quadints.key_y(quadkey), quadints.key_side(quadkey) %}
SELECT CASE
  WHEN {{ unknown }} THEN ARRAY({{ quadints.null_error(unknown) }})
  WHEN {{ quadints.key_fault(quadkey) }} THEN ARRAY({{ quadints.key_error(quadkey) }})
  ELSE ARRAY(
    {{ quadints.longitude(x, side, 0) }}, {{ quadints.latitude(y, side, 2) }},
    {{ quadints.longitude(x, side, 2) }}, {{ quadints.latitude(y, side, 0) }})
END
