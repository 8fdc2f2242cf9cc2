{% import "quadkey/macros.sql" as quadints %}
{% set z = quadints.zoom(quadint) %}
{% set unknown = quadint ~ " IS NULL OR " ~ resolution ~ " IS NULL" %}
{% set whole = z ~ " < 1 OR " ~ z ~ " > 29" %}
{% set outside = resolution ~ " < 0 OR " ~ resolution ~ " >= " ~ z %}
{% set up = "(" ~ z ~ " - " ~ resolution ~ ")" %}
SELECT CASE
  WHEN {{ unknown }} THEN {{ quadints.null_error(unknown) }}
  WHEN {{ whole }} THEN {{ quadints.error_if(whole, "Wrong quadint zoom: should be between 1 and 29") }}
  WHEN {{ outside }} THEN {{ quadints.error_if(outside, "Wrong resolution: should be at least 0 and less than the zoom") }}
  ELSE {{ quadints.quadint_of_tile(
    resolution, "(" ~ quadints.tile_x(quadint) ~ " >> " ~ up ~ ")", "(" ~ quadints.tile_y(quadint) ~ " >> " ~ up ~ ")") }}
END
